"""Command `client`: API keys."""

from __future__ import annotations

from typing import Annotated

import typer

from features.parcel.problems import ParcelRiskError
from parcel_risk.console import out
from serving.settings import Settings


def client(
    name: Annotated[str, typer.Argument(help="Name of the client, as the audit shows it.")],
    operator: Annotated[str | None, typer.Option(help="Operator for whom it lodges parcels.")] = None,
    officer: Annotated[bool, typer.Option("--officer", help="It reads answers and records outcomes.")] = False,
) -> None:
    """Give a client an API key; the key is shown once."""
    out.print(new_client(Settings(), name, operator=operator, officer=officer), soft_wrap=True)


def new_client(settings: Settings, name: str, *, operator: str | None, officer: bool) -> str:
    """Add a client, or give it a new key; return the key."""
    from serving.office.writer import now
    from serving.store import Client, Role, Store
    from serving.store.clients import add_client
    from serving.store.times import microseconds

    if officer == (operator is not None):
        raise ParcelRiskError("say whether it is an operator (--operator NAME) or an officer (--officer).")
    role = Role.OFFICER if officer else Role.OPERATOR
    with Store(settings.database) as store, store.begin() as connection:
        return add_client(connection, Client(client_id=name, role=role, operator=operator), at_us=microseconds(now()))
