"""What commands about rules share: a person who acts, what rules may name, and what is wrong with them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import TYPE_CHECKING, TypeVar

from parcel_risk.console import err
from serving.settings import Settings

if TYPE_CHECKING:
    from policy.rules import Found
    from serving.office.rule_names import RuleNames
    from serving.store import Client, Connection, Role

Done = TypeVar("Done")
Act = Callable[["Connection", "Client", datetime, "RuleNames"], Done]


def acting_person(name: str, roles: Iterable[Role], act: Act[Done]) -> Done:
    """Do something in the name of a person who may, in one transaction, with what rules may name."""
    from serving.installation import Installation
    from serving.office.persons import acting
    from serving.office.rule_names import rule_names
    from serving.store.times import microseconds

    here = Installation.open(Settings())
    at = here.clock()
    with here.store() as store, here.secrets.vault, store.begin() as connection:
        person = acting(connection, name, *roles, at_us=microseconds(at))
        return act(connection, person, at, rule_names(connection, here.secrets.vault, here.lines, at))


@contextmanager
def reading() -> Iterator[tuple[Connection, RuleNames, datetime]]:
    """The store, what rules may name, and the time."""
    from serving.installation import Installation
    from serving.office.rule_names import rule_names

    here = Installation.open(Settings())
    at = here.clock()
    with here.store() as store, here.secrets.vault, store.begin_read() as connection:
        yield connection, rule_names(connection, here.secrets.vault, here.lines, at), at


def show_flaws(found: Iterable[Found]) -> None:
    """Show what is wrong with rules."""
    for one in found:
        other = f" ({one.other})" if one.other else ""
        err.print(f"{one.rule}: {one.flaw}{other}. {one.says}", markup=False, soft_wrap=True)
