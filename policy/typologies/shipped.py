"""Typologies that are shipped: drawn from public reports, in our own words."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib.resources import files

import yaml

from policy.typologies.documents import typology_of
from policy.typologies.typology import Typology


@cache
def shipped_typologies() -> Mapping[str, Typology]:
    """Shipped typologies by name, in alphabetical order."""
    texts = (file.read_text("utf-8") for file in files("policy.typologies").iterdir() if file.name.endswith(".yaml"))
    read = (typology_of(text, yaml.CSafeLoader) for text in texts)
    return {one.name: one for one in sorted(read, key=lambda one: one.name)}
