"""Commands `person ...`: persons who sign in with a name and a passphrase."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated

import typer

from features.parcel.problems import ParcelRiskError
from parcel_risk.console import out
from serving.settings import Settings

if TYPE_CHECKING:
    from serving.store import Connection

app = typer.Typer(no_args_is_help=True, help="Persons who sign in with a name and a passphrase.")
NameArg = Annotated[str, typer.Argument(help="Name of the person, as the audit shows it.", show_default=False)]


@app.command("add")
def add(
    name: NameArg,
    role: Annotated[
        str, typer.Option(help="officer, supervisor, analyst, scientist, auditor or administrator.", show_default=False)
    ],
) -> None:
    """Enter a person, and show a passphrase that is used once, to choose another one."""
    out.print(add_person(Settings(), name, role), soft_wrap=True)


@app.command("passphrase")
def passphrase(
    name: NameArg,
    ask: Annotated[bool, typer.Option("--ask", help="Ask for the passphrase here, or read it as one line.")] = False,
) -> None:
    """Give a person another passphrase: one that is used once and is shown here, or one that is asked for.

    All sessions of the person are over.
    """
    given = new_passphrase(Settings(), name, _asked() if ask else None)
    out.print(given or f"kept; every session of {name} is over", soft_wrap=True)


@app.command("unlock")
def unlock(name: NameArg) -> None:
    """Let a person try again at once who waits after wrong passphrases."""
    from serving.office.persons import let_try_again

    with _changing(Settings(), "person unlocked", name) as (connection, _):
        let_try_again(connection, name)
    out.print(f"{name} may try again")


@app.command("list")
def list_persons() -> None:
    """List the persons with a passphrase: role, state, and wrong passphrases since the last right one."""
    show_persons(Settings())


def add_person(settings: Settings, name: str, role: str) -> str:
    """Enter a person; return the passphrase that is used once."""
    from serving.office.persons import add as enter
    from serving.office.persons import give_passphrase
    from serving.store import Role
    from serving.store.clients import NOT_PERSONS

    persons = [one for one in Role if one not in NOT_PERSONS]
    if role not in persons:
        raise ParcelRiskError(f"there is no role {role!r} of persons. Give one of {', '.join(persons)}.")
    with _changing(settings, "person entered", f"{name}, {role}") as (connection, at_us):
        enter(connection, name, Role(role), at_us=at_us)
        return give_passphrase(connection, name, None, at_us=at_us) or ""


def new_passphrase(settings: Settings, name: str, chosen: str | None) -> str | None:
    """Give a person another passphrase; return it where it is one that is used once."""
    from serving.office.persons import give_passphrase

    detail = f"{name}, {'to be used once' if chosen is None else 'chosen'}"
    with _changing(settings, "passphrase set", detail) as (connection, at_us):
        return give_passphrase(connection, name, chosen, at_us=at_us)


def show_persons(settings: Settings) -> None:
    """Print everybody with a passphrase."""
    from serving.office.writer import now
    from serving.store import Store
    from serving.store.passphrases import all_persons
    from serving.store.times import microseconds

    at_us = microseconds(now())
    with Store(settings.database) as store, store.begin_read() as connection:
        found = all_persons(connection)
    for one in found:
        failed = f"{one.n_failed} wrong passphrases" if one.n_failed else ""
        words = (one.client.client_id, one.client.role.value, one.state(at_us), failed)
        out.print("  ".join(word for word in words if word), markup=False, soft_wrap=True)
    if not found:
        out.print("nobody has a passphrase yet; `parcel-risk person add` enters a person")


@contextmanager
def _changing(settings: Settings, action: str, detail: str) -> Iterator[tuple[Connection, int]]:
    """Connection that writes, and the time; what was done is noted in the audit."""
    from parcel_risk.local_client import note_change
    from serving.office.writer import now
    from serving.store import Store
    from serving.store.times import microseconds

    at_us = microseconds(now())
    with Store(settings.database) as store, store.begin() as connection:
        yield connection, at_us
        note_change(connection, at_us, action, detail)


def _asked() -> str:
    if not sys.stdin.isatty():
        return sys.stdin.readline().rstrip("\n")
    return str(typer.prompt("Passphrase", hide_input=True, confirmation_prompt=True))
