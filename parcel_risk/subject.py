"""Commands `subject ...`: requests of a person about what is held of him."""

from __future__ import annotations

import json
import tomllib
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from parcel_risk.console import out
from parcel_risk.retain import AsOpt, keeping
from serving.settings import Settings

if TYPE_CHECKING:
    from serving.office.retaining import Keeping
    from serving.office.subjects import Match

app = typer.Typer(no_args_is_help=True, help="Requests of a person: what is held of him, and its erasure.")
WordsArg = Annotated[
    Path,
    typer.Argument(
        help="TOML file with the words of a manifest: name, street, number, postcode, city, country, phone, email, "
        "tax_id, or account with operator. A file, so that no list of commands repeats them; delete it afterwards.",
        show_default=False,
    ),
]
PurposeOpt = Annotated[
    str, typer.Option(help="Why, as in a case number; it is written to the audit and names nobody.", show_default=False)
]


@app.command("find")
def find(words: WordsArg, person: AsOpt, purpose: PurposeOpt) -> None:
    """Show which parcels name a person, also those whose clear data were erased."""
    from serving.office.subjects import find as find_parcels

    with _asked(person) as found:
        _show(find_parcels(found, _keys(found, words), purpose=purpose))


@app.command("report")
def report(
    words: WordsArg,
    person: AsOpt,
    purpose: PurposeOpt,
    to: Annotated[Path, typer.Option("--out", help="JSON file that is written; readable for its owner only.")],
) -> None:
    """Write what is held of a person, masked data as well, and nothing of other persons."""
    from serving.office.subjects import report as report_parcels

    with _asked(person) as found:
        held = report_parcels(found, _keys(found, words), purpose=purpose)
    to.touch(mode=0o600)
    to.write_text(json.dumps(held, ensure_ascii=False, indent=2) + "\n", "utf-8")
    out.print(f"{len(held):,} parcels in {to}", markup=False)


@app.command("erase")
def erase(words: WordsArg, person: AsOpt, purpose: PurposeOpt) -> None:
    """Erase the parcels that name a person, for ever and in every backup; those under a legal hold stay."""
    from serving.office.subjects import erase_person

    with _asked(person) as found:
        gone, kept = erase_person(found, _keys(found, words), purpose=purpose)
    out.print(f"{len(gone):,} events erased; {len(kept):,} are kept by a legal hold")
    if kept:
        _show(kept)


def _asked(person: str) -> AbstractContextManager[Keeping]:
    from serving.store import Role

    return keeping(Settings(), person, Role.SUPERVISOR, Role.ADMINISTRATOR)


def _keys(found: Keeping, words: Path) -> dict[str, int]:
    from serving.installation import Installation
    from serving.office.subjects import SubjectError, person_keys

    try:
        party = {name: str(text) for name, text in tomllib.loads(words.read_text("utf-8")).items()}
    except ValueError as error:
        raise SubjectError(f'{words.name} is no TOML. Write it as in name = "Example Trading".') from error
    installation = Installation.open(Settings())
    return person_keys(party, installation.identity, installation.reference, found.clock())


def _show(matches: list[Match]) -> None:
    from rich.table import Table

    table = Table("event", "parcel", "operator", "lodged", "as", "found by", "hold")
    for one in matches:
        by = ", ".join(name.removesuffix("_key") for name in one.by)
        shown = (str(one.seq), one.number or "erased", one.operator or "", f"{one.lodged_at:%Y-%m-%d}", one.role, by)
        table.add_row(*shown, "yes" if one.is_held else "")
    out.print(table)
