"""Commands `stage` and `methods`: what one method said of many parcels, and what it is expected to have missed."""

from __future__ import annotations

import pytest

from features.parcel.problems import ParcelRiskError
from parcel_risk.methods import show
from parcel_risk.stage import record, stage
from serving.installation import Installation
from serving.settings import Settings
from serving.store import Client, Role
from tests.serving.office.lodging import lodge
from tests.serving.office.test_stateful import declared

POST = Client(client_id="post", role=Role.OPERATOR, operator="post-a")
NUMBERS = ["RB473124829US", "EE473124830TH"]


def test_a_run_is_recorded_and_what_it_missed_is_estimated(
    settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    office = Installation.open(settings).office()
    with office.writer.transaction() as transaction:
        for number in NUMBERS:
            lodge(office, transaction, declared(("post-a", number), "Example Trading Ltd", 340), POST)
    office.close()
    record(settings, {"stage": "opened", "result": "found"}, NUMBERS[:1])
    record(settings, {"stage": "dog", "result": "nothing_found", "duration_s": 60}, [NUMBERS[1], "RR000000005TH"])
    said = capsys.readouterr().out
    assert "recorded for 1 of 2 parcels" in said
    assert f"{NUMBERS[1]}: nothing_found" in said
    assert "RR000000005TH: not on record" in said
    show(settings)
    said = capsys.readouterr().out
    assert "opened" in said
    assert "assumed" in said


def test_a_word_that_stages_do_not_know_is_refused_with_those_that_they_do() -> None:
    with pytest.raises(ParcelRiskError, match="sniff is no stage"):
        stage("sniff", "found", ["A"])
    with pytest.raises(ParcelRiskError, match="no parcel is named"):
        stage("dog", "found", [])
