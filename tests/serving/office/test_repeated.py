"""Repeated openings without a finding at one address need a supervisor."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from features.parcel.problems import Rejection
from policy import shipped_gate
from policy.gate import GateError, gate_of
from serving.office.entries import Given, enter_once
from serving.office.lookup import look_up
from serving.office.office import Office
from serving.pages.card import card
from serving.store import Client, Role
from tests.conftest import Clock
from tests.serving.bare import bare_settings, opened
from tests.serving.office.test_writer import OFFICER, lodged

SUE = Client(client_id="sue", role=Role.SUPERVISOR, operator=None)


@pytest.fixture
def office(tmp_path: Path, clock: Clock) -> Iterator[Office]:
    """An office that inspects everything, and asks for a supervisor after two inspections without a finding."""
    with opened(bare_settings(tmp_path).model_copy(update={"capacity_share": 1.0}), clock) as office:
        yield replace(office, gate=replace(office.gate, most_without_finding=2))


def entered(office: Office, number: str, result: str, who: Client = OFFICER, method: str = "opened") -> str:
    outcome = {"result": result, "method": method, "finding_class": None}
    entry_id = f"{number}-{who.client_id}-{method}"
    done = enter_once(office, Given(entry_id=entry_id, parcel_id=number, operator=None, outcome=outcome), who)
    return done.code if isinstance(done, Rejection) else done.answer


def fresh(office: Office, clock: Clock, number: str) -> int:
    """Lodge a parcel to the same address an hour later; inspections that its card names."""
    clock.pass_by(hours=1)
    lodged(office, number, stream="parcel")
    (shown,) = look_up(office, number, OFFICER).parcels
    return card(shown).repeated


def test_after_a_stated_number_without_a_finding_a_supervisor_opens(office: Office, clock: Clock) -> None:
    for number in ("P-1", "P-2"):
        assert fresh(office, clock, number) == 0
        assert entered(office, number, "nothing_found") == "recorded"
    assert fresh(office, clock, "P-3") == 2
    assert entered(office, "P-3", "nothing_found") == "needs_supervisor"
    assert entered(office, "P-3", "nothing_found", method="xray") == "recorded", "other methods need nobody"
    assert fresh(office, clock, "P-4") == 3
    assert entered(office, "P-4", "found", SUE) == "recorded"
    assert fresh(office, clock, "P-5") == 0, "something was found there"


def test_the_limit_is_read_from_the_table_and_what_is_not_known_asks_for_nobody() -> None:
    gate = shipped_gate()
    assert gate.most_without_finding == 5
    assert gate.needs_supervisor(5, 0)
    assert not any(
        (gate.needs_supervisor(4, 0), gate.needs_supervisor(9, 1), gate.needs_supervisor(math.nan, math.nan))
    )
    assert not gate_of("").needs_supervisor(99, 0)
    with pytest.raises(GateError, match="give a whole number"):
        gate_of("most_without_finding = 1.5")
