"""The table of pairs: read, keys made, and how often the answer is the wanted one."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from features.identity import IdentityKey, derived_row
from features.parcel.fields import PARCEL_FIELDS
from features.parcel.reference import shipped_reference

_KEY = IdentityKey(b"a table of pairs, no secret at all")
_NOTHING = {field.name: None for field in PARCEL_FIELDS} | {"pieces": None, "parcel_id": "pair", "operator": "post-a"}
_FIRST = {"sender": "name", "address": "street", "contact": "phone"}
_ROLE = {"sender": "sender", "address": "recipient", "contact": "sender"}
KEYS = {"sender": ("sender_key", "sender_loose_key"), "address": ("address_key",), "contact": ("contact_key",)}
"""Keys by which a pair of each kind is the same: any of them."""


@dataclass(frozen=True, kw_only=True)
class Pair:
    """Two writings, and whether they are of the same party, address or contact."""

    kind: str
    what: str
    left: dict[str, str]
    right: dict[str, str]
    is_same: bool

    def by(self) -> list[str]:
        """Keys by which the two are the same; a missing key joins nobody."""
        left, right = (self._keys(side) for side in (self.left, self.right))
        return [name for name in KEYS[self.kind] if left[name] is not None and left[name] == right[name]]

    def _keys(self, side: dict[str, str]) -> dict[str, int | None]:
        role = _ROLE[self.kind]
        named = {name if name == "operator" else f"{role}_{name}": text for name, text in side.items()}
        return derived_row(_NOTHING | named, _KEY, shipped_reference())


def pairs() -> list[Pair]:
    """All pairs of the table."""
    tables = tomllib.loads(Path(__file__).with_name("pairs.toml").read_text("utf-8"))
    return [
        _pair(line, kind, is_same=answer == "same")
        for answer, kinds in tables.items()
        for kind, text in kinds.items()
        for line in text.strip().splitlines()
    ]


def precision_and_recall(found: Iterable[tuple[bool, bool]]) -> tuple[float, float]:
    """Of pairs as (wanted, found): share of the found ones that are wanted, and of the wanted ones that are found."""
    both = list(found)
    right = sum(wanted and is_found for wanted, is_found in both)
    return right / sum(is_found for _, is_found in both), right / sum(wanted for wanted, _ in both)


def _pair(line: str, kind: str, *, is_same: bool) -> Pair:
    what, countries, left, right = (part.strip() for part in line.split(" | "))
    of = [country.strip() for country in countries.split(",")]
    sides = [_side(text, kind, country) for text, country in zip((left, right), (of[0], of[-1]), strict=True)]
    return Pair(kind=kind, what=what, left=sides[0], right=sides[1], is_same=is_same)


def _side(text: str, kind: str, country: str) -> dict[str, str]:
    side = {"country": country} if country else {}
    for index, part in enumerate(text.split("; ")):
        name, is_named, value = part.strip().partition("=")
        side |= {name: value} if is_named else {_FIRST[kind] if index == 0 else "": part}
    return side
