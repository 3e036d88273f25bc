"""A mapping: a small TOML file that says how somebody else's table or message becomes parcels and outcomes.

It has the tables ``[parcel]``, ``[piece]`` (``[piece_2]`` and so on for pieces side by side in a table) and, when the
file carries labels, ``[outcome]``. Each key is a field of the record; its value says where it comes from, a column of
a table or a path of a message::

    format = "csv"                # or xlsx, parquet, xml, json, edifact; csv when left out
    encoding = "windows-1252"     # used whatever the bytes look like
    decimal = ","

    [parcel]
    parcel_id = { column = "Declaration ID" }
    operator = { constant = "kcs" }
    lodged_at = { column = "Date", format = "%Y-%m-%d", timezone = "Asia/Seoul" }
    gross_weight_g = { column = "Net Mass", unit = "kg" }

    [piece]
    value_cents = { column = "Item Price", unit = "units", currency = "KRW", of_one = true }

    [outcome]
    known_after_days = 7
    result = { column = "Fraud", values = { "0" = "nothing_found", "1" = "found" } }

A message says in addition ``item``, the path of what is repeated for every parcel, and ``pieces``, that of its goods.
Fields that are not named stay null.
"""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from features.parcel.fields import Field, Quantity
from features.parcel.problems import MappingError
from features.sources.columns.cells import OUTCOME, PARCEL, PIECE, Assignment
from features.sources.columns.units import FACTOR

FORMATS = ("csv", "xlsx", "parquet", "xml", "json", "edifact")
TABULAR = ("csv", "xlsx", "parquet")
_TEXTS = ("format", "item", "pieces", "encoding", "decimal", "name", "says")
_COLUMNS = {"path": "column", "unit_path": "unit_column", "currency_path": "currency_column"}
"""What messages call a column."""
_KEYS = {
    *("column", "constant", "unit", "unit_column", "format", "timezone", "currency", "currency_column", "pad"),
    *("values", "default", "missing", "of_one"),
}
_TYPES: dict[str, type] = {
    "unit": str,
    "unit_column": str,
    "currency_column": str,
    "format": str,
    "timezone": str,
    "currency": str,
    "pad": int,
    "values": dict,
    "missing": list,
}
_WRITTEN = {str: "a text in quotes", int: "a whole number", dict: '{ "1" = "found" }', list: '["", "-"]'}
_TABLES = {"parcel": PARCEL, "piece": PIECE, "outcome": OUTCOME}
_OF_ONE = ("value_cents", "net_weight_g")
_PIECE = re.compile(r"piece(?:_([2-9]|[1-9]\d))?")


@dataclass(frozen=True, kw_only=True)
class Mapping:
    """Assignments for parcels and for outcomes, and how the file is written.

    Attributes
    ----------
    known_after_days:
        Days after the lodging of the parcel at which its outcome became known, where no column says so.
    kind:
        Format of the file: one of ``FORMATS``.
    item, pieces:
        What is repeated in a message for every parcel, and for every piece of it.
    encoding, decimal:
        Encoding and decimal mark, which are used whatever the file looks like.
    others:
        Columns that count where the first one is not given, by the first one.
    of_one:
        Fields of pieces that are given for one unit and have to be multiplied by the quantity.
    recognise:
        What tells such a file: names of root elements, of EDIFACT messages, or of keys of JSON.
    """

    parcels: list[Assignment]
    outcomes: list[Assignment]
    known_after_days: float | None = None
    kind: str = "csv"
    item: str = ""
    pieces: str = ""
    encoding: str | None = None
    decimal: str | None = None
    name: str = ""
    says: str = ""
    others: dict[str, tuple[str, ...]] = field(default_factory=dict)
    of_one: frozenset[str] = frozenset()
    recognise: tuple[str, ...] = ()

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
        texts = _texts(name, document)
        tables = {table: entries for table, entries in document.items() if table not in (*_TEXTS, "recognise")}
        unknown = [table for table in tables if table not in _TABLES and not _PIECE.fullmatch(table)]
        if unknown:
            raise MappingError(
                f"{name}: unknown table [{sorted(unknown)[0]}]. Known: {', '.join(_TABLES)}; and before them "
                f"{', '.join(_TEXTS)}."
            )
        for table, entries in tables.items():
            if not isinstance(entries, dict):
                raise MappingError(f"{name}: {table} is not a table. Write [{table}] and one field a line below it.")
        outcome = dict(tables.get("outcome", {}))
        after = outcome.pop("known_after_days", None)
        if after is not None and (isinstance(after, bool) or not isinstance(after, int | float) or after < 0):
            raise MappingError(f"{name}: [outcome] known_after_days is {after!r}; write a number of days, as in 7.")
        others: dict[str, tuple[str, ...]] = {}
        of_parcel = {table: entries for table, entries in tables.items() if table != "outcome"}
        mapping = cls(
            parcels=[one for table, entries in of_parcel.items() for one in _assignments(name, table, entries, others)],
            outcomes=_assignments(name, "outcome", outcome, others),
            known_after_days=float(after) if after is not None else None,
            kind=texts.get("format", "csv"),
            item=texts.get("item", ""),
            pieces=texts.get("pieces", ""),
            encoding=texts.get("encoding"),
            decimal=texts.get("decimal"),
            name=texts.get("name", name),
            says=texts.get("says", ""),
            others=others,
            of_one=frozenset(
                key
                for table, entries in of_parcel.items()
                if _PIECE.fullmatch(table)
                for key, spec in entries.items()
                if spec.get("of_one")
            ),
            recognise=tuple(document.get("recognise", ())),
        )
        mapping._check(name)
        return mapping

    def _check(self, name: str) -> None:
        if "parcel_id" not in {assignment.name for assignment in self.parcels}:
            raise MappingError(f"{name}: [parcel] does not say where parcel_id comes from. Add the line.")
        if self.kind in ("xml", "edifact") and not self.item:
            raise MappingError(f'{name}: item is missing. Name what is repeated for every parcel, as in item = "Item".')
        if self.outcomes and self.kind not in TABULAR:
            raise MappingError(f"{name}: [outcome] is for tables ({', '.join(TABULAR)}). Record outcomes as CSV.")
        results = {assignment.name for assignment in self.outcomes}
        if self.outcomes and "result" not in results:
            raise MappingError(f"{name}: [outcome] does not say where result comes from. Add it, or remove the table.")
        if self.outcomes and self.known_after_days is None and "known_at" not in results:
            raise MappingError(
                f"{name}: [outcome] does not say when a result became known. Add known_after_days = 7, or known_at."
            )


def _texts(name: str, document: dict[str, Any]) -> dict[str, str]:
    """What a mapping says before its tables."""
    texts = {key: document[key] for key in _TEXTS if key in document and not isinstance(document[key], dict)}
    for key, value in texts.items():
        if not isinstance(value, str):
            raise MappingError(f"{name}: {key} is {value!r}; write a text in quotes.")
    if texts.get("format", "csv") not in FORMATS:
        raise MappingError(f"{name}: unknown format {texts['format']!r}. Known: {', '.join(FORMATS)}.")
    if texts.get("decimal", ",") not in (",", "."):
        raise MappingError(f'{name}: decimal is {texts["decimal"]!r}; write "," or ".".')
    return texts


def _assignments(
    name: str, table: str, entries: dict[str, Any], others: dict[str, tuple[str, ...]]
) -> list[Assignment]:
    numbered = _PIECE.fullmatch(table)
    piece = int(numbered[1] or 1) if numbered else 0
    fields = _TABLES["piece" if numbered else table]
    return [
        _assignment(f"{name}: [{table}] {key}", fields, key, _spec(spec), piece, others)
        for key, spec in entries.items()
    ]


def _spec(spec: Any) -> Any:
    """What a line says, with the words for tables in place of those for messages."""
    return {_COLUMNS.get(key, key): value for key, value in spec.items()} if isinstance(spec, dict) else spec


def _first_column(where: str, spec: dict[str, Any], others: dict[str, tuple[str, ...]]) -> str | None:
    """Column of a line; of several ones the first, the others count where it is empty."""
    column = spec.get("column")
    if isinstance(column, list) and column and all(isinstance(one, str) for one in column):
        others[column[0]] = tuple(column[1:])
        return str(column[0])
    if column is not None and not isinstance(column, str):
        raise MappingError(f"{where}: column is {column!r}; write a text in quotes, or a list of them.")
    return column


def _assignment(
    where: str, fields: dict[str, Field], key: str, spec: Any, piece: int, others: dict[str, tuple[str, ...]]
) -> Assignment:
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
    if not isinstance(spec.get("of_one", False), bool) or (spec.get("of_one") and target.name not in _OF_ONE):
        raise MappingError(f"{where}: of_one is true or false, and only for {' and '.join(_OF_ONE)}.")
    if spec.get("currency") and target.quantity is not Quantity.MONEY:
        raise MappingError(f"{where}: only money has a currency.")
    zone = spec.get("timezone", "UTC")
    try:
        ZoneInfo(zone)
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise MappingError(f"{where}: unknown time zone {zone!r}; write one as in Europe/Berlin.") from error
    return Assignment(
        target=target,
        piece=piece,
        column=_first_column(where, spec, others),
        constant=str(spec["constant"]) if "constant" in spec else None,
        default=str(spec["default"]) if "default" in spec else None,
        missing=tuple(str(text) for text in spec.get("missing", ())),
        unit=unit,
        unit_column=spec.get("unit_column"),
        currency_column=spec.get("currency_column"),
        time_format=spec.get("format"),
        timezone=zone,
        currency=spec.get("currency"),
        pad=int(spec.get("pad", 0)),
        values={str(source): str(meaning) for source, meaning in spec.get("values", {}).items()},
    )
