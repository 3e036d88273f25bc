"""How many words two authorities have in common: a number alone, logged on both sides, under a quota."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from policy.exchange import ExchangeError
from policy.exchange.oblivious import words_of
from policy.exchange.overlap import FEWEST_POINTS, CountQuestion, Raising, n_common, padded, signed_count
from policy.lists.terms import ListField
from serving.api.examples import EXAMPLES
from tests.serving.api.test_exchange import Authority, authority, know

ASKED = EXAMPLES["post", "/v1/overlaps"]


def listed(at: Authority, *phones: int) -> None:
    terms = {**EXAMPLES["post", "/v1/lists"]["terms"], "fields": ["contact"], "handling": "H0"}
    lines = "".join(f"contact,+49 30 {phone},DE\n" for phone in phones)
    made = at.http.post(
        "/v1/lists", json={"terms": terms, "csv": f"field,phone,country\n{lines}"}, headers=at.keys["ana"]
    )
    assert made.status_code == 200, made.text
    assert at.http.post("/v1/lists/seized-senders/approved", headers=at.keys["sue"]).status_code == 200


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Authority, Authority]]:
    folder = tmp_path_factory.mktemp("overlap")
    one, other = authority(folder / "a", "customs-a"), authority(folder / "b", "customs-b")
    a, b = next(one), next(other)
    know(a, b, "customs-b")
    know(b, a, "customs-a")
    listed(a, *range(901_000, 901_030))
    listed(b, *range(901_020, 901_024), 905_000)
    yield a, b
    for each in (one, other):
        next(each, None)


def send(at: Authority, path: str, who: str, body: Any) -> tuple[int, Any]:
    answer = at.http.post(f"/v1/overlaps{path}", json=body, headers=at.keys[who])
    return answer.status_code, answer.json()


def test_both_lists_are_counted_and_the_asker_alone_reads_the_number(pair: tuple[Authority, Authority]) -> None:
    a, b = pair
    assert send(a, "", "olaf", ASKED)[0] == send(b, "/answers", "ana", {"text": "{}"})[0] == 403
    status, question = send(a, "", "ana", ASKED)
    assert status == 201, question
    status, answer = send(b, "/answers", "sue", {"text": question["text"]})
    assert status == 200, answer
    given = {"number": question["number"], "text": answer["text"]}
    assert send(a, "/results", "ana", given) == (200, {"n_common": 4, "n_asked": 30})
    assert send(a, "/results", "ana", given)[0] == 422
    # the answer does not say which: what comes back is in another order than what was sent, and raised
    sent, both = json.loads(question["text"])["points"], json.loads(answer["text"])["both"]
    assert both == sorted(both)
    assert not set(both) & set(sent)
    asked = a.http.get("/v1/comparisons", headers=a.keys["ana"]).json()["comparisons"][0]
    answered = b.http.get("/v1/comparisons", headers=b.keys["ana"]).json()["comparisons"][0]
    assert [asked[name] for name in ("kind", "direction", "n_hits", "purpose")] == ["count", "out", 4, ASKED["purpose"]]
    assert [answered[name] for name in ("kind", "direction", "n_hits", "n_words")] == ["count", "in", None, 30]
    for at in pair:
        assert "9010" not in at.rows_of("comparisons") + str([one for one in at.rows_of("audit") if "overlap" in one])


def question_of(a: Authority, number: str, words: list[bytes]) -> tuple[Raising, str]:
    """What a peer can send whose program was changed: words of its choice instead of its lists."""
    raising = Raising()
    question = CountQuestion(
        number=number,
        sender="customs-a",
        recipient="customs-b",
        case=number,
        purpose="red team",
        legal_basis="agreement",
        made_at="2026-11-26T00:00:00+00:00",
        points=raising.words(words),
    )
    return raising, signed_count(question, name="mallory", key=a.point().key, signed_at="2026-11-26")


def phone(number: int) -> bytes:
    (word,) = words_of(ListField.CONTACT, {"phone": f"+4930{number}"})
    return word


def test_a_peer_that_chooses_its_words_learns_one_number_in_a_day(pair: tuple[Authority, Authority]) -> None:
    a, b = pair
    b.clock.pass_by(days=2)
    learned = []
    for number in range(901_018, 901_026):
        raising, text = question_of(a, f"o{number}", padded([phone(number)]))
        status, answer = send(b, "/answers", "sue", {"text": text})
        if status == 200:
            document = json.loads(answer["text"])
            learned.append(n_common(document["both"], raising.points(document["own"])))
        else:
            assert "1 counts may be asked in a day" in answer["detail"]
    assert learned == [0]
    # nor can it use the points that it has for another word: they were raised by a secret that is gone
    guesses = Raising().words([phone(number) for number in range(901_018, 901_026)])
    assert not set(guesses) & set(document["own"])
    b.clock.pass_by(days=1, seconds=1)
    assert send(b, "/answers", "sue", {"text": text})[0] == 200
    b.clock.pass_by(days=1, seconds=1)
    assert "answered before" in send(b, "/answers", "sue", {"text": text})[1]["detail"]


def guessing(a: Authority, number: str, words: list[bytes]) -> tuple[dict[str, Raising], str]:
    """What a peer sends that raises each word to a secret of its own, so that it can tell them apart."""
    raised = {one.words([word])[0]: one for word in words for one in [Raising()]}
    _, text = question_of(a, number, padded([]))
    given = {name: value for name, value in json.loads(text).items() if name not in ("format", "points", "signature")}
    question = CountQuestion(**given, points=tuple(sorted(raised)))
    return raised, signed_count(question, name="mallory", key=a.point().key, signed_at="2026-11-26")


def test_a_peer_that_tells_its_points_apart_guesses_no_more_than_its_quota(pair: tuple[Authority, Authority]) -> None:
    a, b = pair
    b.clock.pass_by(days=2)
    words = [phone(number) for number in range(901_000, 901_021)]
    before = b.rows_of("comparisons")
    _, many = guessing(a, "many", [phone(number) for number in range(1, 202)])
    status, refused = send(b, "/answers", "sue", {"text": many})
    assert (status, "200 of them in a day" in refused["detail"]) == (422, True)
    assert b.rows_of("comparisons") == before, "nothing was raised, and nothing counts"
    raised, text = guessing(a, "guess", words)
    answer = json.loads(send(b, "/answers", "sue", {"text": text})[1]["text"])
    found = [point for point, one in raised.items() if set(one.points(answer["own"])) & set(answer["both"])]
    assert found == [point for point in raised if point == list(raised)[-1]], (
        "it learns which: docs/exchange.md says so"
    )
    with b.settings.home.joinpath("partners.toml").open("a", encoding="utf-8") as partners:
        partners.write("counts_per_day = 9\n")
    _, rest = guessing(a, "rest", [phone(number) for number in range(1, 181)])
    assert "200 of them in a day" in send(b, "/answers", "sue", {"text": rest})[1]["detail"], "21 were asked today"


def test_junk_costs_the_answerer_no_count(pair: tuple[Authority, Authority]) -> None:
    a, b = pair
    b.clock.pass_by(days=2)
    before = b.rows_of("comparisons")
    _, few = question_of(a, "few", [phone(1)])
    assert "there are too few" in send(b, "/answers", "sue", {"text": few})[1]["detail"]
    document = json.loads(question_of(a, "junk", padded([]))[1])
    document["points"][0] = document["points"][1]
    assert send(b, "/answers", "sue", {"text": json.dumps(document)})[1]["detail"].startswith("signature")
    _, text = question_of(a, "none", padded([]))
    for point in ("ff" * 32, "00" * 31, "zz" * 32):
        question = CountQuestion(
            **{
                name: value for name, value in json.loads(text).items() if name not in ("format", "points", "signature")
            },
            points=(point, *json.loads(text)["points"][1:]),
        )
        signed = signed_count(question, name="mallory", key=a.point().key, signed_at="2026")
        assert send(b, "/answers", "sue", {"text": signed})[0] == 422
    assert b.rows_of("comparisons") == before


def test_raising_commutes_and_words_are_filled_up() -> None:
    one, other = Raising(), Raising()
    words = [bytes([n]) for n in range(40)]
    assert other.points(one.words(words)) == one.points(other.words(words)) != one.words(words)
    assert n_common(other.points(one.words(words[:25])), one.points(other.words(words[20:]))) == 5
    assert len(padded([b"a", b"a"])) == FEWEST_POINTS
    assert padded(words) == words
    with pytest.raises(ExchangeError, match="none of the curve"):
        one.points(["ff" * 32])
