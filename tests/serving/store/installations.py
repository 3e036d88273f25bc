"""An installation as an earlier program left it: a store of schema 2, and the throw-away secrets of then."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

from serving.settings import Settings

DATA = Path(__file__).parent / "data"
TOLD: dict[str, Any] = json.loads((DATA / "store-schema-2.json").read_text("utf-8"))


def of_schema_2(folder: Path) -> Settings:
    """The store that the program of commit 14fe8fe wrote; the model that gave the answers is not there any more."""
    home = folder / "home"
    (home / "keys").mkdir(parents=True)
    (home / "parcel-risk.db").write_bytes(gzip.decompress((DATA / "store-schema-2.db.gz").read_bytes()))
    for name, secret in TOLD["secrets"].items():
        (home / "keys" / f"{name}.key").write_bytes(bytes.fromhex(secret))
    return Settings(home=home, models_dir=folder / "models", port=0)
