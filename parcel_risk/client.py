"""Command `client`: give a client an API key."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Annotated

import typer

from features.parcel.problems import ParcelRiskError
from parcel_risk.console import err, out
from serving.settings import Settings

if TYPE_CHECKING:
    from serving.store import Client

DAY_US = 86_400_000_000


def client(
    name: Annotated[str, typer.Argument(help="Name of the client, as the audit shows it.")],
    operator: Annotated[str | None, typer.Option(help="Operator for whom it lodges parcels.")] = None,
    role: Annotated[
        str | None,
        typer.Option(
            help="Role of a person: officer, supervisor, analyst, scientist, auditor or administrator; or sorter, "
            "of a machine."
        ),
    ] = None,
    scores: Annotated[
        bool | None,
        typer.Option(
            "--scores/--no-scores",
            help="Whether an operator is shown scores, reasons and causes; by default as before, and a new one is not: "
            "who reads scores can amend a declaration until it scores low.",
            show_default=False,
        ),
    ] = None,
    officer: Annotated[bool, typer.Option("--officer", help="Short for --role officer.")] = False,
    sandbox: Annotated[
        bool, typer.Option("--sandbox", help="For trying a program: its parcels live apart, and none is on record.")
    ] = False,
) -> None:
    """Give a client an API key, which is shown once; a client that has keys already gets one more."""
    if scores is not None and operator is None:
        raise ParcelRiskError("--scores is about operators; persons are shown what their role allows. Leave it out.")
    if sandbox and operator is None:
        raise ParcelRiskError("--sandbox is about operators. Give --operator NAME.")
    if officer and role not in (None, "officer"):
        raise ParcelRiskError(f"--officer is short for --role officer, and --role says {role}. Give one of them.")
    role = "officer" if officer else role
    out.print(
        new_client(Settings(), name, operator=operator, role=role, scores=scores, sandbox=sandbox), soft_wrap=True
    )


def new_client(
    settings: Settings,
    name: str,
    *,
    operator: str | None = None,
    role: str | None = None,
    scores: bool | None = None,
    sandbox: bool = False,
    alone: bool = False,
) -> str:
    """Give an operator's client or a person, new or known, one more key; return it.

    With `alone`, its earlier keys are revoked. `scores` says whether an operator is shown scores.
    """
    from parcel_risk.local_client import note_change
    from serving.office.writer import now
    from serving.store import Store
    from serving.store.clients import add_client, described, keys_of, revoke
    from serving.store.times import microseconds

    one = replace(_client(name, operator, role), is_sandbox=sandbox)
    at = microseconds(now())
    with Store(settings.database) as store, store.begin() as connection:
        earlier = [key for key in keys_of(connection, name) if key.state(at) == "valid"]
        if alone and earlier:
            revoke(connection, client_id=name, at_us=at)
        key = add_client(connection, one, at_us=at, expires_at=end_of_key(settings, at), sees_scores=scores)
        made = f"{name}, {described(one)}" + (", earlier ones revoked" if alone else "")
        if scores is not None:
            made += ", shown scores" if scores else ", shown no scores"
        note_change(connection, at, "client key made", made)
    if earlier and not alone:
        err.print(
            f"{name} has {len(earlier):,} other valid keys, which stay valid. `parcel-risk rotate` ends them after a "
            "while, `parcel-risk revoke` at once.",
            markup=False,
            soft_wrap=True,
        )
    return key


def _client(name: str, operator: str | None, role: str | None) -> Client:
    from serving.store import Client, Role

    if (role is None) == (operator is None):
        raise ParcelRiskError("say either whose parcels it lodges (--operator NAME) or a person's role (--role ROLE).")
    persons = [one for one in Role if one is not Role.OPERATOR]
    if role is not None and role not in persons:
        raise ParcelRiskError(f"there is no role {role!r} of persons. Give one of {', '.join(persons)}.")
    return Client(client_id=name, role=Role(role or Role.OPERATOR), operator=operator)


def end_of_key(settings: Settings, at_us: int) -> int | None:
    """When a key made at `at_us` expires; None when it never does."""
    return at_us + settings.client_key_days * DAY_US if settings.client_key_days else None
