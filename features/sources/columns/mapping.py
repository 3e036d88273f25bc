"""Column mapping: a small TOML file that says how the columns of somebody else's table become parcels and outcomes.

A mapping has the tables ``[parcel]``, ``[piece]`` and, when the file carries labels, ``[outcome]``. Each key is a
field of
the record; its value says where it comes from::

    [parcel]
    parcel_id = { column = "Declaration ID" }
    operator = { constant = "kcs" }
    lodged_at = { column = "Date", format = "%Y-%m-%d", timezone = "Asia/Seoul" }
    gross_weight_g = { column = "Net Mass", unit = "kg" }

    [piece]
    value_cents = { column = "Item Price", unit = "units", currency = "KRW" }

    [outcome]
    known_after_days = 7
    result = { column = "Fraud", values = { "0" = "nothing_found", "1" = "found" } }

Fields that are not named stay null.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from features.parcel.fields import Field, Quantity
from features.parcel.problems import MappingError
from features.sources.columns.cells import OUTCOME, PARCEL, PIECE, Assignment
from features.sources.columns.units import FACTOR

_KEYS = {"column", "constant", "unit", "format", "timezone", "currency", "pad", "values", "default", "missing"}
_TYPES: dict[str, type] = {
    "column": str,
    "unit": str,
    "format": str,
    "timezone": str,
    "currency": str,
    "pad": int,
    "values": dict,
    "missing": list,
}
_WRITTEN = {str: "a text in quotes", int: "a whole number", dict: '{ "1" = "found" }', list: '["", "-"]'}
_TABLES = {"parcel": PARCEL, "piece": PIECE, "outcome": OUTCOME}


@dataclass(frozen=True, kw_only=True)
class Mapping:
    """Assignments for parcels and for outcomes.

    Attributes
    ----------
    known_after_days:
        Days after the lodging of the parcel at which its outcome became known, where no column says so.
    """

    parcels: list[Assignment]
    outcomes: list[Assignment]
    known_after_days: float | None = None

    @classmethod
    def from_toml(cls, path: Path) -> Mapping:
        """Read a mapping file.

        Raises
        ------
        MappingError
            When the file is not TOML, names an unknown field or key, or leaves out the identifier or the time of
            lodging.
        """
        if not path.is_file():
            raise MappingError(f"{path}: there is no such file.")
        try:
            document = tomllib.loads(path.read_text("utf-8"))
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            raise MappingError(f"{path.name}: not a TOML file: {error}.") from error
        return cls.from_document(document, path.name)

    @classmethod
    def from_document(cls, document: dict[str, Any], name: str) -> Mapping:
        """Check the content of a mapping file; `name` is used in messages."""
        unknown = set(document) - set(_TABLES)
        if unknown:
            raise MappingError(f"{name}: unknown table [{sorted(unknown)[0]}]. Known: {', '.join(_TABLES)}.")
        for table, entries in document.items():
            if not isinstance(entries, dict):
                raise MappingError(f"{name}: {table} is not a table. Write [{table}] and one field a line below it.")
        outcome = dict(document.get("outcome", {}))
        after = outcome.pop("known_after_days", None)
        if after is not None and (isinstance(after, bool) or not isinstance(after, int | float) or after < 0):
            raise MappingError(f"{name}: [outcome] known_after_days is {after!r}; write a number of days, as in 7.")
        mapping = cls(
            parcels=[
                *_assignments(name, "parcel", document.get("parcel", {}), piece=0),
                *_assignments(name, "piece", document.get("piece", {}), piece=1),
            ],
            outcomes=_assignments(name, "outcome", outcome, piece=0),
            known_after_days=float(after) if after is not None else None,
        )
        mapping._check(name)
        return mapping

    def _check(self, name: str) -> None:
        given = {assignment.name for assignment in self.parcels}
        for needed in ("parcel_id", "lodged_at"):
            if needed not in given:
                raise MappingError(f"{name}: [parcel] does not say where {needed} comes from. Add the line.")
        results = {assignment.name for assignment in self.outcomes}
        if self.outcomes and "result" not in results:
            raise MappingError(f"{name}: [outcome] does not say where result comes from. Add it, or remove the table.")
        if self.outcomes and self.known_after_days is None and "known_at" not in results:
            raise MappingError(
                f"{name}: [outcome] does not say when a result became known. Add known_after_days = 7, or known_at."
            )


def _assignments(name: str, table: str, entries: dict[str, Any], *, piece: int) -> list[Assignment]:
    return [_assignment(f"{name}: [{table}] {key}", _TABLES[table], key, spec, piece) for key, spec in entries.items()]


def _assignment(where: str, fields: dict[str, Field], key: str, spec: Any, piece: int) -> Assignment:
    if key not in fields:
        raise MappingError(f"{where}: the record has no such field. See docs/fields.md.")
    if not isinstance(spec, dict) or set(spec) - _KEYS or ("column" in spec) == ("constant" in spec):
        raise MappingError(
            f'{where}: write {{ column = "..." }} or {{ constant = "..." }}; '
            f"further keys: {', '.join(sorted(_KEYS - {'column', 'constant'}))}."
        )
    for option, kind in _TYPES.items():
        if option in spec and (not isinstance(spec[option], kind) or isinstance(spec[option], bool)):
            raise MappingError(f"{where}: {option} is {spec[option]!r}; write {_WRITTEN[kind]}.")
    target = fields[key]
    unit = spec.get("unit")
    known = FACTOR[target.quantity] if target.quantity else {}
    if unit is not None and unit not in known:
        raise MappingError(f"{where}: unknown unit {unit!r}. Known: {', '.join(known) or 'none for this field'}.")
    if spec.get("currency") and target.quantity is not Quantity.MONEY:
        raise MappingError(f"{where}: only money has a currency.")
    zone = spec.get("timezone")
    try:
        ZoneInfo(zone or "UTC")
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise MappingError(f"{where}: unknown time zone {zone!r}; write one as in Europe/Berlin.") from error
    return Assignment(
        target=target,
        piece=piece,
        column=spec.get("column"),
        constant=str(spec["constant"]) if "constant" in spec else None,
        default=str(spec["default"]) if "default" in spec else None,
        missing=tuple(str(text) for text in spec.get("missing", ())),
        unit=unit,
        time_format=spec.get("format"),
        timezone=zone,
        currency=spec.get("currency"),
        pad=int(spec.get("pad", 0)),
        values={str(source): str(meaning) for source, meaning in spec.get("values", {}).items()},
    )
