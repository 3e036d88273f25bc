"""Add the fingerprints of this catalogue to the table for bundles of format 2: `python -m tests.golden.pin`.

Bundles of format 3 carry the fingerprints of their features, so that this table grows no more once none of format 2 is
made.
"""

from __future__ import annotations

import json
from pathlib import Path

from features.catalogue import catalogue
from features.fingerprints import TABLE, table_of

PATH = Path(__file__).parent.parent.parent / "features" / TABLE


def main() -> None:
    """Write the table with one entry more; entries that it holds stay."""
    earlier = json.loads(PATH.read_text("utf-8")) if PATH.exists() else {}
    PATH.write_text(json.dumps(json.loads(table_of([catalogue()])) | earlier, indent=1) + "\n", "utf-8")


if __name__ == "__main__":
    main()
