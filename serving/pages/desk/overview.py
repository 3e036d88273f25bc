"""The supervisor's overview: what waits for a second person, and where the rest is."""

from __future__ import annotations

from dataclasses import dataclass

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from features.text import Declared, Text, text
from serving.office.queue import queue
from serving.pages.desk.access import PREFIX, Supervisor
from serving.pages.layout import page
from serving.pages.session import TheOffice
from serving.pages.tables import Table
from serving.store import Connection
from serving.store.lists import lists_of
from serving.store.policy_history import capacity_proposed
from serving.store.rules import State, all_rules

router = APIRouter(prefix=PREFIX, include_in_schema=False)


@dataclass(frozen=True, kw_only=True)
class OverviewPage:
    """Everything `overview.html` shows; `links` lead to what is pending, with the address of each."""

    pending: Table
    links: list[tuple[str, str]]
    n_waiting: int
    n_claimed: int
    degraded: str


@router.get("")
def overview(request: Request, office: TheOffice, officer: Supervisor) -> HTMLResponse:
    """What waits for somebody."""
    with office.store.begin_read() as connection:
        found = _pending(connection)
    waiting = queue(office)
    rows = [
        (what, name, who, text("your own") if who == officer.client_id else text("you may approve it"))
        for what, name, who, _ in found
    ]
    context = OverviewPage(
        pending=Table(
            caption=text("Pending approval by a second person"),
            head=(text("What"), text("Name"), text("Made by"), text("You")),
            rows=rows,
            n_texts=4,
            empty=text("Nothing is pending."),
        ),
        links=[(text("{what} {name}", what=what, name=Declared(name)), address) for what, name, _, address in found],
        n_waiting=len(waiting),
        n_claimed=sum(one.claimed_by is not None for one in waiting),
        degraded=office.champion.problem or "",
    )
    return page(request, "overview.html", context)


def _pending(connection: Connection) -> list[tuple[Text, str, str, str]]:
    """What it is, its name, who made it, and its address."""
    capacity = capacity_proposed(connection)
    drafts = [one for one in lists_of(connection) if one.state == "draft"]
    rules = [one for one in all_rules(connection) if one.state is State.DRAFT]
    return [
        *(
            [(text("Capacity"), f"{capacity.id}", capacity.author, f"{PREFIX}/capacity")]
            if capacity is not None and capacity.approver is None
            else []
        ),
        *((text("List"), one.terms.name, one.made_by, f"{PREFIX}/lists/{one.terms.name}") for one in drafts),
        *((text("Rule"), one.rule.name, one.made_by, f"{PREFIX}/rules/{one.rule.name}") for one in rules),
    ]
