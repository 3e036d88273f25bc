"""Ids of a page: what the scripts look for is a part of the page, and no field of a form is taken for one."""

from __future__ import annotations

import re
from pathlib import Path

import serving.pages

PAGES = Path(serving.pages.__file__).parent
SCRIPTS = "\n".join(path.read_text("utf-8") for path in (PAGES / "static").glob("*.js"))
LOOKED_FOR = set(re.findall(r'getElementById\("([\w-]+)"\)|(?<=one\("#)([\w-]+)', SCRIPTS))
SCAN_BOX = "parcel"


def test_no_field_of_a_form_has_an_id_that_a_script_looks_for() -> None:
    looked_for = {name for pair in LOOKED_FOR for name in pair if name}
    assert {"main", "answer", SCAN_BOX} <= looked_for
    for template in (PAGES / "templates").rglob("*.html"):
        for name in re.findall(r'<(?:input|select|textarea)\b[^>]*? id="([^"]+)"', template.read_text("utf-8")):
            assert name == SCAN_BOX or name not in looked_for, (template.name, name)
            assert not name.startswith("{{"), f"{template.name}: {name} may be any id; begin it with field-"
