"""The generated page about seizure forms: fields, and the columns of each recipient."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from features.handling.seizure import SEIZURE_FIELDS
from features.parcel.fields import Field
from serving.messages.seizure_records import Column, Recipient, recipients

Table = Callable[[Sequence[str], Iterable[Sequence[object]]], str]


def page(note: str, table: Table, row: Callable[[Field], tuple[str, ...]]) -> str:
    """Fields of the form, and one table for each recipient."""
    head = ("field", "what it holds", "type", "unit", "limits", "personal", "source")
    parts = "\n".join(_recipient(one, table) for one in recipients().values())
    return _TEXT.format(note=note, fields=table(head, map(row, SEIZURE_FIELDS)), parts=parts)


def _recipient(one: Recipient, table: Table) -> str:
    state = "verified" if one.is_verified else "**not verified**"
    columns = table(("column", "from", "written as"), map(_column, one.columns))
    return f"## `{one.name}`: {one.title}\n\n{one.about} Columns: {state}. {one.source}\n\n{columns}"


def _column(one: Column) -> tuple[str, str, str]:
    codes = ", ".join(f"{value}: {code}" for value, code in one.codes.items())
    return f"`{one.name}`", f"`{one.source}`", codes or one.unit or "as it is"


_TEXT = """# Seizure forms

{note}
What a finding was is entered once, by an officer, when the finding is on record: at the station (*What was found* on
the card of the parcel), by `POST /v1/seizures`, or by `parcel-risk seizure enter FILE --as NAME` with the fields as
TOML. One form describes one substance. It names no person and has no free text; country of departure, of destination
and method are filled in from the declaration and the finding where they are left out. A form that is wrong is replaced
by a new one that names its number in `corrects`; both stay on record, and only the newer one is exported.

`GET /v1/seizures/export?recipient=NAME&since=...&until=...` and `parcel-risk seizure export NAME` write the forms of a
period in the columns of a recipient, as JSON or CSV, without the number of any parcel. The audit notes who exported
what. The recipients' own specifications are closed; a mapping that nobody compared with one says *not verified*. It is
a table in `serving/messages/seizure_records.toml`: compare it, correct it there, and set `verified`.

## Fields

{fields}
{parts}"""
