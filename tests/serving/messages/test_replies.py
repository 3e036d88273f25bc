"""Answers in the formats of operators."""

from __future__ import annotations

import io
from datetime import UTC, datetime
from typing import Any
from xml.etree import ElementTree

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from features.sources.syntax.edifact import open_interchange
from parcel_risk.demo import EXAMPLE
from policy import Referral
from serving.messages.codes import REPLIES, reply_to
from serving.messages.cusrsp import cusrsp
from serving.messages.ics2 import ics2_referrals
from serving.office.answers import Answer
from serving.store.erasure import erase, subject_of
from serving.store.log import parcel_events_of
from tests.serving.conftest import Keys, bearer

AT = datetime(2026, 11, 2, 8, 15, tzinfo=UTC)


def an_answer(**changes: Any) -> Answer:
    values = {
        "status": "scored",
        "parcel_id": "RB473124829US",
        "operator": "post-a",
        "version": 1,
        "n_other_claims": 0,
        "referral": Referral.RELEASE,
        "cause": "none",
        "propensity": 0.01,
        "probability": 0.01,
        "flow_share": 0.5,
        "reasons": None,
        "against": None,
        "quality_flags": [],
        "degraded": None,
        "bundle": "b",
        "scored_at": AT,
    }
    return Answer(**(values | changes))


def segments(text: str) -> list[str]:
    return list(open_interchange(io.BytesIO(text.encode())).segments())


@pytest.mark.parametrize("referral", list(Referral), ids=str)
def test_only_a_release_is_written_as_cleared(referral: Referral) -> None:
    is_release = referral is Referral.RELEASE
    reply = reply_to(referral)
    assert (reply.cusrsp == "CLE") is is_release
    assert (reply.processing == "4") is is_release
    assert (reply.ics2 == "IE3N03") is is_release
    text = cusrsp([an_answer(referral=referral)], AT)
    assert ("CLE" in text) is is_release
    assert ("IE3N03" in ics2_referrals([an_answer(referral=referral)], AT)) is is_release


def test_without_a_model_the_operator_gets_no_decision() -> None:
    found = segments(cusrsp([an_answer(referral=Referral.NOT_ASSESSED, probability=None, bundle=None)], AT))
    assert [one for one in found if one.startswith("GIS")] == ["GIS+NOD:108"]


def test_every_action_has_words_and_codes() -> None:
    assert all(reply.says.endswith(".") for reply in REPLIES)
    assert len({reply.action for reply in REPLIES}) == len(REPLIES)


def test_a_question_to_the_operator_names_the_doubts() -> None:
    thin = an_answer(referral=Referral.ASK_OPERATOR, quality_flags=["hs_missing", "recipient_incomplete"])
    assert [one for one in segments(cusrsp([thin], AT)) if one.startswith("ERC")] == [
        "ERC+hs_missing",
        "ERC+recipient_incomplete",
    ]
    opened = an_answer(referral=Referral.OPEN, quality_flags=["recipient_incomplete"])
    assert "ERC" not in cusrsp([opened], AT)


def test_a_value_in_doubt_reaches_the_operator_whatever_is_decided() -> None:
    doubt = {"line": 1, "field": "piece_1.hs_code", "code": "hs_zero_restored", "reason": "Lost 0.", "remedy": "Why?"}
    for referral in (Referral.RELEASE, Referral.OPEN, Referral.ASK_OPERATOR):
        one = an_answer(referral=referral, doubts=[doubt])
        found = segments(cusrsp([one], AT))
        assert found[-4:-2] == ["ERC+hs_zero_restored", "FTX+AAO+++piece_1.hs_code?: Lost 0. Why??"]
        (error,) = ElementTree.fromstring(ics2_referrals([one], AT)).iter("functionalError")
        assert [part.text for part in error] == ["piece_1.hs_code", "hs_zero_restored", "Lost 0. Why?"]


def test_doubts_are_those_of_the_current_version_and_go_with_an_erased_parcel(
    api: TestClient, keys: Keys, app: FastAPI
) -> None:
    def replies() -> tuple[str, str]:
        texts = (api.get(f"/v1/replies?format={form}", headers=bearer(keys.post)).text for form in ("cusrsp", "ics2"))
        return next(texts), next(texts)

    def lodge(**changes: Any) -> None:
        body = {**EXAMPLE, "parcel_id": "A-1", **changes}
        assert api.post("/v1/parcels", json=body, headers=bearer(keys.post)).status_code == 200

    lodge(gross_weight_g=0)
    assert all("gross_weight_g" in text for text in replies())
    lodge(sender_country="UK")
    assert all("sender_country" in text and "gross_weight_g" not in text for text in replies())
    office = app.state.office
    with office.writer.transaction() as transaction:
        event = parcel_events_of(transaction.connection, ["A-1"])[-1]
        erase(transaction.connection, office.secrets.vault, [subject_of(event)], at_us=1)
    assert not any("sender_country" in text for text in replies())
    assert api.get("/v1/quarantine?state=doubtful", headers=bearer(keys.post)).json()["rows"] == []


def test_the_edifact_answer_is_a_whole_interchange() -> None:
    text = cusrsp([an_answer(), an_answer(parcel_id="P+1", referral=Referral.OPEN, version=2)], AT)
    found = segments(text)
    assert found[0].startswith("UNB")
    assert found[-2:] == [f"UNT+{len(found) - 2}+1", "UNZ+1+1"]
    assert "RFF+AAO:P?+1" in found
    assert [one for one in found if one.startswith("GIS")] == ["GIS+CLE:108", "GIS+4:7365", "GIS+HLD:108", "GIS+5:7365"]


def test_the_ics2_answer_is_well_formed_whatever_the_number() -> None:
    root = ElementTree.fromstring(ics2_referrals([an_answer(parcel_id="a<b&c"), an_answer()], AT))
    assert root.findtext("ReferralRequest/TransportDocumentHouseLevel/referenceNumber") == "a<b&c"
    assert [one.findtext("message") for one in root.iter("ReferralRequest")] == ["IE3N03", "IE3N03"]


@pytest.mark.parametrize("form", ["cusrsp", "ics2"])
def test_operators_fetch_answers_in_force_and_only_their_own(api: TestClient, keys: Keys, form: str) -> None:
    assert api.get(f"/v1/replies?format={form}").status_code == 401
    for key, number, weight in ((keys.post, "A-1", 900), (keys.post, "A-1", 800), (keys.courier, "B-1", 900)):
        changed = {**EXAMPLE, "parcel_id": number, "gross_weight_g": weight}
        assert api.post("/v1/parcels", json=changed, headers=bearer(key)).status_code == 200
    response = api.get(f"/v1/replies?format={form}", headers=bearer(keys.post))
    assert (response.text.count("A-1"), response.text.count("B-1")) == (1, 0)
    assert (response.headers["next-after"], response.headers["at-end"]) == ("3", "true")
    assert "A-1" not in api.get(f"/v1/replies?format={form}&after=4", headers=bearer(keys.post)).text
