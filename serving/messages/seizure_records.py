"""Seizure forms in the columns of whoever collects them: one mapping table for each, and nothing is decided here."""

from __future__ import annotations

import io
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from typing import Any

import polars as pl

from features.sources.columns.export import safe
from serving.office.seizures import Seizure

_PER = {"percent": 100, "euro": 100}
"""Hundredths in one unit, for columns that say which unit they have."""
_CONSTANT = {"direction": "import", "authority": "customs"}


@dataclass(frozen=True, kw_only=True)
class Column:
    """One column: its header, the field that it comes from, and values that are written otherwise."""

    name: str
    source: str
    codes: Mapping[str, str] = field(default_factory=dict)
    unit: str = ""


@dataclass(frozen=True, kw_only=True)
class Recipient:
    """Who collects seizure records; `is_verified` says whether somebody compared the columns with its specification."""

    name: str
    title: str
    about: str
    is_verified: bool
    source: str
    columns: tuple[Column, ...]


@cache
def recipients() -> dict[str, Recipient]:
    """All recipients by name."""
    text = files("serving.messages").joinpath("seizure_records.toml").read_text("utf-8")
    return {name: _recipient(name, given) for name, given in tomllib.loads(text).items()}


def _recipient(name: str, given: Mapping[str, Any]) -> Recipient:
    columns = tuple(
        Column(name=one["name"], source=one["from"], codes=one.get("codes", {}), unit=one.get("unit", ""))
        for one in given["columns"]
    )
    return Recipient(
        name=name,
        title=given["title"],
        about=given["about"],
        is_verified=given["verified"],
        source=given["source"],
        columns=columns,
    )


def records(seizures: Iterable[Seizure], recipient: Recipient) -> list[dict[str, Any]]:
    """Forms in the columns of a recipient."""
    return [{column.name: _value(fields, column) for column in recipient.columns} for fields in map(known, seizures)]


def known(one: Seizure) -> dict[str, Any]:
    """Everything that a column may come from."""
    of_parcel = {name: getattr(one, name) for name in ("number", "operator", "stream", "lane", "cause")}
    of_parcel |= {"destination_office": one.destination_office, "made_on": one.made_at.date().isoformat()}
    return {**_CONSTANT, **of_parcel, **one.form}


def _value(fields: Mapping[str, Any], column: Column) -> Any:
    value = fields[column.source]
    if value is not None and column.unit:
        return value / _PER[column.unit]
    return column.codes.get(value, value) if isinstance(value, str) else value


def csv_of(seizures: Iterable[Seizure], recipient: Recipient) -> bytes:
    """The same as CSV; texts that a spreadsheet would run as a formula have an apostrophe in front."""
    rows = records(seizures, recipient)
    names = [column.name for column in recipient.columns]
    file = io.BytesIO()
    safe(pl.DataFrame(rows, schema=names, infer_schema_length=None, orient="row")).write_csv(file)
    return file.getvalue()
