"""Comparison without names: hit or no hit, logged on both sides; a peer learns no more than its quota."""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from policy.exchange import ExchangeError
from policy.exchange.oblivious import VoprfAsking, VoprfEvaluator, hits, words_of
from policy.exchange.partners import load_partners
from policy.exchange.questions import Question, signed
from policy.lists.terms import ListField
from serving.api.examples import EXAMPLES
from tests.serving.api.test_exchange import Authority, authority, know, sign_in

PHONE = "+49 30 901820"
SENDER = {
    "name": "Jun Exampleson",
    "street": "Harbour Street",
    "city": "Arlington",
    "postcode": "22201",
    "country": "US",
}
QUESTION = {**EXAMPLES["post", "/v1/comparisons"], "partner": "customs-b"}


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Authority, Authority]]:
    folder = tmp_path_factory.mktemp("compared")
    one, other = authority(folder / "a", "customs-a"), authority(folder / "b", "customs-b")
    a, b = next(one), next(other)
    know(a, b, "customs-b")
    know(b, a, "customs-a")
    terms = {**EXAMPLES["post", "/v1/lists"]["terms"], "fields": ["contact", "sender"], "handling": "H0"}
    person = ",".join(SENDER[name] for name in ("name", "street", "city", "postcode", "country"))
    csv = f"field,phone,name,street,city,postcode,country\ncontact,{PHONE},,,,,DE\nsender,,{person}\n"
    made = b.http.post("/v1/lists", json={"terms": terms, "csv": csv}, headers=b.keys["ana"])
    assert made.status_code == 200, made.text
    assert b.http.post("/v1/lists/seized-senders/approved", headers=b.keys["sue"]).status_code == 200
    yield a, b
    for each in (one, other):
        next(each, None)


def send(at: Authority, path: str, who: str, body: Any) -> tuple[int, Any]:
    answer = at.http.post(f"/v1/comparisons{path}", json=body, headers=at.keys[who])
    return answer.status_code, answer.json()


def compared(a: Authority, b: Authority, case: str, *entries: dict[str, Any]) -> list[bool]:
    status, question = send(a, "", "ana", {**QUESTION, "case_reference": case, "entries": list(entries)})
    assert status == 201, question
    status, answer = send(b, "/answers", "sue", {"text": question["text"]})
    assert status == 200, answer
    status, read = send(a, "/results", "ana", {"number": question["number"], "text": answer["text"]})
    assert status == 200, read
    assert send(a, "/results", "ana", {"number": question["number"], "text": answer["text"]})[0] == 422
    return list(read["hits"])


def test_an_entry_is_a_hit_however_it_is_spelled_and_neither_side_reads_it(pair: tuple[Authority, Authority]) -> None:
    a, b = pair
    contact = {"field": "contact", "values": {"phone": "0049 30 901820"}}
    other = {"field": "contact", "values": {"phone": "+49 30 901821"}}
    sender = {"field": "sender", "values": {**SENDER, "name": "EXAMPLESON, Jun"}}
    assert compared(a, b, "2026/17", contact, other, sender) == [True, False, True]
    for at in pair:
        assert "901820" not in at.rows_of("comparisons") + at.rows_of("audit")
        assert "Exampleson" not in at.rows_of("comparisons") + at.rows_of("audit")
    asked = a.http.get("/v1/comparisons", headers=a.keys["ana"]).json()["comparisons"][0]
    answered = b.http.get("/v1/comparisons", headers=b.keys["ana"]).json()["comparisons"][0]
    assert (asked["direction"], asked["n_hits"], asked["case_reference"]) == ("out", 2, "2026/17")
    assert (answered["direction"], answered["n_hits"], answered["n_words"]) == ("in", None, asked["n_words"])
    for at in pair:
        sign_in(at, "sue")
        page = at.http.get("/station/exchange").text
        assert ("Questions without names" in page, "2026/17" in page, "901820" in page) == (True, True, False)
        sign_in(at, "olaf")
        assert "2026/17" not in at.http.get("/station/exchange").text
    assert send(b, "/answers", "ana", {"text": "{}"})[0] == 403
    assert send(b, "/answers", "olaf", {"text": "{}"})[0] == 403


def question_of(a: Authority, number: str, case: str, words: list[bytes]) -> tuple[list[VoprfAsking], str]:
    """What a peer that has its own key and this code can send, whatever its program would refuse."""
    asked = [VoprfAsking(word) for word in words]
    question = Question(
        number=number,
        sender="customs-a",
        recipient="customs-b",
        case=case,
        purpose="red team",
        legal_basis="agreement",
        made_at="2026-11-26T00:00:00+00:00",
        blinded=tuple(one.blinded for one in asked),
    )
    return asked, signed(question, name="mallory", key=a.point().key, signed_at="2026-11-26T00:00:00+00:00")


def phone(number: int) -> bytes:
    (word,) = words_of(ListField.CONTACT, {"phone": f"+4930{number}"})
    return word


def test_a_peer_with_its_rights_recovers_no_more_than_its_quota(pair: tuple[Authority, Authority]) -> None:
    a, b = pair
    b.clock.pass_by(days=2)
    numbers = list(range(901_000, 901_820 + 1))  # the one that is listed is the last of them
    n_evaluated, refused, found, tags, evaluations = 0, 0, [], frozenset[str](), []
    for case in range(60):
        chunk = numbers[n_evaluated : n_evaluated + 10]
        asked, text = question_of(a, f"q{case}", f"case {case // 3}", [phone(one) for one in chunk])
        status, answer = send(b, "/answers", "sue", {"text": text})
        if status != 200:
            assert "may be asked" in answer["detail"]
            refused += 1
            continue
        document = json.loads(answer["text"])
        tags = frozenset(document["tags"])
        evaluations += document["evaluated"]
        known = hits(asked, document["evaluated"], document["public_key"], tags)
        found += [one for one, is_hit in zip(chunk, known, strict=True) if is_hit]
        n_evaluated += len(chunk)
    assert (n_evaluated, found) == (50, [])
    assert refused == 55
    # what it has kept helps for no other number: neither another key nor its own evaluations make a tag
    guess = VoprfEvaluator(secrets.token_bytes(32))
    assert tags
    assert not tags & {guess.tag(phone(one)) for one in numbers}
    for one, old in zip(numbers[-20:], evaluations[:20], strict=True):
        with pytest.raises(ExchangeError, match="partner's key"):
            VoprfAsking(phone(one)).tag(old, VoprfEvaluator(b"\1" * 32).public_key)
    # the next day it has the quota of a day again, and no more
    b.clock.pass_by(days=1, seconds=1)
    asked, text = question_of(a, "again", "another", [phone(one) for one in numbers[50:70]])
    assert send(b, "/answers", "sue", {"text": text})[0] == 200
    _, text = question_of(a, "more", "another", [phone(numbers[70])])
    assert "case: 20 words" in send(b, "/answers", "sue", {"text": text})[1]["detail"]


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda one: one.update(blinded=["00" * 32]), "signature"),
        (lambda one: one.update(recipient="customs-z"), "signature"),
        (lambda one: one.update(sender="customs-z"), "sender"),
    ],
)
def test_a_question_that_was_changed_is_not_answered(pair: tuple[Authority, Authority], change: Any, says: str) -> None:
    a, b = pair
    document = json.loads(question_of(a, "changed", "x", [phone(1_000_000)])[1])
    change(document)
    status, refused = send(b, "/answers", "sue", {"text": json.dumps(document)})
    assert (status, refused["detail"].split(":")[0]) == (422, says)


def test_what_is_no_blinded_word_is_refused_and_costs_the_answerer_nothing(pair: tuple[Authority, Authority]) -> None:
    a, b = pair
    before = b.rows_of("comparisons")
    for blinded in (("00",), ("ff" * 32,), ("zz",)):
        question = Question(
            number="junk",
            sender="customs-a",
            recipient="customs-b",
            case="junk",
            purpose="x",
            legal_basis="x",
            made_at="2026",
            blinded=blinded,
        )
        text = signed(question, name="mallory", key=a.point().key, signed_at="2026")
        assert send(b, "/answers", "sue", {"text": text})[0] == 422
    assert b.rows_of("comparisons") == before


def test_an_answer_under_another_key_is_refused() -> None:
    (word,) = words_of(ListField.CONTACT, {"phone": PHONE, "country": "DE"})
    one, other = VoprfEvaluator(b"\1" * 32), VoprfEvaluator(b"\2" * 32)
    asked = VoprfAsking(word)
    assert asked.blinded != VoprfAsking(word).blinded
    assert asked.tag(one.evaluated(asked.blinded), one.public_key) == one.tag(word) != other.tag(word)
    with pytest.raises(ExchangeError, match="partner's key"):
        asked.tag(other.evaluated(asked.blinded), one.public_key)
    for field in (ListField.LANE, ListField.SENDER_NAME):
        with pytest.raises(ExchangeError, match="not compared without names"):
            words_of(field, {"name": "Jun Exampleson"})


def test_an_authority_has_one_entry_and_so_one_quota(tmp_path: Path) -> None:
    entry = f'title = "Customs"\nkey = "{"ab" * 32}"\nlegal_basis = "agreement"\n'
    file = tmp_path / "partners.toml"
    file.write_text(f"[customs-b]\n{entry}", "utf-8")
    assert set(load_partners(file)) == {"customs-b"}
    file.write_text(f"[customs-b]\n{entry}[customs-c]\n{entry}", "utf-8")
    with pytest.raises(ExchangeError, match="its key is that of customs-b"):
        load_partners(file)
