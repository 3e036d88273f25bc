"""The accounts of a quarter as CSV, one file for each table."""

from __future__ import annotations

import io
from collections.abc import Sequence

import polars as pl
from pydantic import BaseModel

from features.sources.columns.export import safe
from serving.office.accounts import Accounts

TABLES = ("coverage", "waivers", "sites", "arms", "holding")


def accounts_csv(one: Accounts, table: str) -> bytes:
    """One table of the accounts; `table` is one of ``TABLES``."""
    rows: Sequence[BaseModel] = getattr(one, table)
    file = io.BytesIO()
    safe(pl.DataFrame([row.model_dump() for row in rows], infer_schema_length=None)).write_csv(file)
    return file.getvalue()
