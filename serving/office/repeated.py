"""Repeated openings: after some inspections without a finding at one address, a supervisor opens the next parcel.

The counts are those of the decision: inspections and findings at the delivery address within 90 days before it. What is
recorded by the API is a fact that has happened, and is refused for nobody; the station asks before it is.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from features.catalogue import catalogue
from features.declared.declare import Floats
from features.parcel.problems import Rejection
from features.text import text
from serving.office.office import Office
from serving.office.rule_traces import row_of
from serving.store import Client, Connection, Role, Scored
from serving.store.scores import names_of, scores_of

_INSPECTED, _FOUND = "address_inspected_90d", "address_found_90d"
OPENED = "opened"


def repeated_openings(office: Office, scored: Scored, names: tuple[str, ...] | None) -> int:
    """Inspections without a finding at the address of a parcel; 0 below the limit, and where they are not known."""
    row = row_of(scored, names)
    if row is None:
        return 0
    n_inspected, n_found = (float(row[0, catalogue().column(name)]) for name in (_INSPECTED, _FOUND))
    return int(n_inspected) if office.gate.needs_supervisor(n_inspected, n_found) else 0


def lane_counts(row: Floats | None) -> tuple[int, int] | None:
    """Parcels of the lane inspected before a decision, and findings among them, by the row of the decision."""
    if row is None:
        return None
    n_inspected, n_found = (float(row[0, catalogue().column(name)]) for name in ("lane_inspected", "lane_found"))
    return None if n_inspected != n_inspected else (int(n_inspected), int(n_found))


def unsupervised(
    office: Office, connection: Connection, seq: int, outcome: Mapping[str, Any], client: Client
) -> Rejection | None:
    """Refusal of an opening that needs a supervisor; None where it needs none, or the client is one."""
    if outcome.get("method") != OPENED or client.role is Role.SUPERVISOR:
        return None
    scored = scores_of(connection, [seq], with_rows=True).get(seq)
    n = 0 if scored is None else repeated_openings(office, scored, names_of(connection, scored.fingerprint))
    if not n:
        return None
    return Rejection(
        line=1,
        field="method",
        code="needs_supervisor",
        reason=text(
            "{n} inspections at this address within 90 days found nothing, and the next opening is a supervisor's.", n=n
        ),
        remedy=text("Let a supervisor open and record it, or inspect it without opening it."),
    )
