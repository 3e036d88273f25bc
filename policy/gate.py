"""The legal gate: what may be done with an item at all. It comes before everything else, chance included.

A dated table (``gate.toml``) says which items may be opened on suspicion only, by order only, or never, and what may be
asked of one that was merely drawn. The gate weakens what is asked, never whether anything is: a drawn letter is x-rayed
instead of opened, and stays drawn.
"""

from __future__ import annotations

import hashlib
import tomllib
from bisect import bisect
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cache, cached_property
from importlib.resources import files
from math import inf, nextafter
from pathlib import Path
from typing import Any

from features.handling.direction import by_countries
from features.parcel.problems import ParcelRiskError
from policy.vocabulary import Cause, Limit, Referral

FILE = "gate.toml"
_REPEATED = "most_without_finding"
METHODS = (Referral.SPOT_CHECK, Referral.XRAY, Referral.OPEN)
"""What an item may be inspected by, weakest first; the other referrals say nothing of a method."""
_EQUAL = ("stream", "category", "mail_class", "mail_subclass", "operator", "dispatch_country", "recipient_country")
_DIRECTIONS = ("import", "export", "transit", "domestic")
_WEIGHTS = ("min_weight_g", "max_weight_g")
_WEIGHED = ("gross_weight_g", "measured_weight_g")
_WHERE = {*_EQUAL, *_WEIGHTS, "direction", "contents"}
_KEYS = {
    "name",
    "from",
    "until",
    "where",
    "limit",
    "drawn",
    "suspected",
    "suspicion",
    "may_be_held",
    "is_law",
    "source",
}


class GateError(ParcelRiskError):
    """The table of what may be done with an item cannot be used."""


@dataclass(frozen=True, kw_only=True)
class GateRow:
    """What may be done with the items that fit.

    Attributes
    ----------
    first_on, last_on:
        Days, UTC, between which it holds; ``last_on`` None while no end is known.
    where:
        Conditions, all of which must fit, see ``gate.toml``.
    drawn, suspected:
        The most that may be asked of an item that was only drawn or picked, and on suspicion.
    suspicion:
        Causes that count as suspicion.
    is_law:
        Whether the row states law, or is a default of this project.
    """

    name: str
    first_on: date
    last_on: date | None
    where: Mapping[str, Any]
    limit: Limit
    drawn: Referral
    suspected: Referral
    suspicion: frozenset[Cause]
    may_be_held: bool
    is_law: bool
    source: str

    def holds_on(self, day: date) -> bool:
        """Whether it is in force on a day."""
        return self.first_on <= day and (self.last_on is None or day <= self.last_on)

    def fits(self, item: Mapping[str, Any], direction: str | None) -> bool:
        """Whether an item, given by columns of its event, meets all conditions."""
        return all([_meets(item, direction, name, wanted) for name, wanted in self.where.items()])

    def capped(self, referral: Referral, causes: Collection[Cause]) -> Referral:
        """The referral as far as it may be asked, where `causes` are all that selected the item."""
        if referral is Referral.HOLD and not self.may_be_held:
            return Referral.MANUAL_CHECK
        if referral not in METHODS:
            return referral
        most = self.drawn if self.suspicion.isdisjoint(causes) else self.suspected
        return min(referral, most, key=METHODS.index)


def _meets(item: Mapping[str, Any], direction: str | None, name: str, wanted: Any) -> bool:
    """Whether one condition fits; a direction or a weight that is not known fits every condition on it."""
    if name == "direction":
        return bool(direction is None or direction in wanted)
    if name == "contents":
        is_declared = item["description"] is not None or item["hs_code"] is not None
        return bool(is_declared == (wanted == "declared"))
    if name in _WEIGHTS:
        weight = item["gross_weight_g"] if item["measured_weight_g"] is None else item["measured_weight_g"]
        return bool(weight is None or (weight <= wanted if name == "max_weight_g" else weight >= wanted))
    return bool(item[name] in wanted)


@dataclass(frozen=True, kw_only=True)
class Gate:
    """The table, strictest rows first.

    Attributes
    ----------
    country:
        Country of the office; empty where it is not given, and no direction is known.
    digest:
        Twelve hexadecimal digits that stand for the whole file: part of the identity of a policy.
    most_without_finding:
        Inspections without a finding at one address within 90 days from which a supervisor opens; 0 for no such limit.
    """

    rows: tuple[GateRow, ...]
    country: str
    digest: str
    most_without_finding: int = 0
    _known: dict[tuple[object, ...], GateRow | None] = field(default_factory=dict, compare=False, repr=False)

    @cached_property
    def _bounds(self) -> list[float]:
        """Weights from which on a condition is another one: those up to a bound, and those above it."""
        bounds: set[float] = set()
        for row in self.rows:
            bounds |= {nextafter(row.where[name], inf) for name in _WEIGHTS[1:] if name in row.where}
            bounds |= {row.where[name] for name in _WEIGHTS[:1] if name in row.where}
        return sorted(bounds)

    def limits(self, items: Iterable[Mapping[str, Any]], day: date) -> list[GateRow | None]:
        """The row that holds for each item, given by columns of its event; None where everything may be done."""
        return [self._of(item, day) for item in items]

    def needs_supervisor(self, n_inspected: float, n_found: float) -> bool:
        """Whether a supervisor opens, by what was inspected and found at the address within 90 days.

        What is not known, NaN, asks for nobody.
        """
        return 0 < self.most_without_finding <= n_inspected and n_found == 0

    def _of(self, item: Mapping[str, Any], day: date) -> GateRow | None:
        """By a memory of items that are alike: there are few kinds of them, and millions of items."""
        direction = direction_of(item, self.country)
        contents = item["description"] is None and item["hs_code"] is None
        weights = [None if item[name] is None else bisect(self._bounds, item[name]) for name in _WEIGHED]
        alike = (day, direction, contents, *weights, *[item[name] for name in _EQUAL])
        if alike not in self._known:
            if len(self._known) >= _MOST_KNOWN:
                self._known.clear()
            rows = (row for row in self.rows if row.holds_on(day) and row.fits(item, direction))
            self._known[alike] = next(rows, None)
        return self._known[alike]


_MOST_KNOWN = 2**16


def direction_of(item: Mapping[str, Any], country: str) -> str | None:
    """Direction of an item as seen from `country`; None where one of the countries is not known."""
    way = by_countries(item["dispatch_country"] or item["sender_country"], item["recipient_country"], country)
    return None if way is None else way.value


def load_gate(folder: Path | None) -> Gate:
    """Read the table from `folder`; the shipped one without a folder, or where it holds none.

    Raises
    ------
    GateError
        When it cannot be used.
    """
    path = folder / FILE if folder is not None else None
    if path is None or not path.is_file():
        return shipped_gate()
    try:
        return gate_of(path.read_text("utf-8"))
    except (GateError, ValueError) as error:
        raise GateError(f"{path} cannot be used: {error} Compare with policy/{FILE} that is shipped.") from error


@cache
def shipped_gate() -> Gate:
    """The table that this package ships."""
    return gate_of(files("policy").joinpath(FILE).read_text("utf-8"))


def gate_of(text: str) -> Gate:
    """Table of the text of a file.

    Raises
    ------
    GateError
        When a row cannot be used.
    ValueError
        When it is no TOML.
    """
    document = tomllib.loads(text)
    unknown = document.keys() - {"country", "item", _REPEATED}
    if unknown:
        raise GateError(f"{min(unknown)} is no key; there are country, {_REPEATED} and [[item]].")
    most = document.get(_REPEATED, 0)
    if type(most) is not int or most < 0:
        raise GateError(f"{_REPEATED} is {most!r}; give a whole number of inspections, or 0 for no limit.")
    rows = [_row(entry, number) for number, entry in enumerate(document.get("item", []), start=1)]
    names = [row.name for row in rows]
    for name in names:
        if names.count(name) > 1:
            raise GateError(f"two items are called {name}; give each a name of its own.")
    strict = sorted(rows, key=lambda row: -row.limit.strictness)
    digest = hashlib.sha256(text.encode()).hexdigest()[:12]
    country = document.get("country", "")
    return Gate(rows=tuple(strict), country=country, digest=digest, most_without_finding=most)


def _row(entry: Mapping[str, Any], number: int) -> GateRow:
    name = entry.get("name", f"number {number}")
    try:
        _check_keys(entry)
        row = GateRow(
            name=str(entry["name"]),
            first_on=entry["from"],
            last_on=entry.get("until"),
            where=entry["where"],
            limit=Limit(entry["limit"]),
            drawn=_method(entry["drawn"]),
            suspected=_method(entry["suspected"]),
            suspicion=frozenset(Cause(cause) for cause in entry["suspicion"]),
            may_be_held=bool(entry["may_be_held"]),
            is_law=bool(entry["is_law"]),
            source=str(entry["source"]),
        )
        if METHODS.index(row.drawn) > METHODS.index(row.suspected):
            raise ValueError("drawn allows more than suspected")
    except KeyError as error:
        raise GateError(f"item {name} lacks {error.args[0]}.") from error
    except (TypeError, ValueError) as error:
        raise GateError(f"item {name}: {error}.") from error
    return row


def _check_keys(entry: Mapping[str, Any]) -> None:
    unknown = sorted((entry.keys() - _KEYS) | (entry["where"].keys() - _WHERE))
    if unknown:
        raise ValueError(f"{unknown[0]} is no key of an item or of where")
    directions = set(entry["where"].get("direction", ())) - set(_DIRECTIONS)
    if directions:
        raise ValueError(f"{min(directions)} is no direction; there are {', '.join(_DIRECTIONS)}")
    if entry["where"].get("contents", "none") not in ("declared", "none"):
        raise ValueError('contents is "declared" or "none"')
    if not all(type(day) is date for day in (entry["from"], entry.get("until", entry["from"]))):
        raise ValueError("from and until are dates, as in 2026-01-01")


def _method(name: str) -> Referral:
    referral = Referral(name)
    if referral not in METHODS:
        raise ValueError(f"{name} is no method; there are {', '.join(METHODS)}")
    return referral
