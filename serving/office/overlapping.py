"""How many entries the lists of two authorities have in common: asked, answered, logged on both sides, under a quota.

Whole lists are compared, the same as in `comparing`; the asker learns a number, and neither side a word. What is
counted never leaves, and the secret of a question lives in this process alone.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, timedelta

from policy.exchange import ExchangeError
from policy.exchange.overlap import (
    MOST_POINTS,
    CountAnswer,
    CountQuestion,
    Raising,
    count_answer,
    count_question,
    n_common,
    padded,
    signed_count,
)
from serving.office.comparing import own_words
from serving.office.exchanging import ContactPoint
from serving.office.office import Office
from serving.store import Client, Connection, comparisons
from serving.store.comparisons import COUNT
from serving.store.database import note
from serving.store.packages import IN, OUT
from serving.store.times import microseconds

_DAY = timedelta(days=1)


@dataclass(frozen=True, kw_only=True)
class Counting:
    """A question of this office that has no answer yet."""

    question: CountQuestion
    raising: Raising
    comparison_id: int


@dataclass
class Counts:
    """Questions that wait for an answer, by number."""

    pending: dict[str, Counting] = field(default_factory=dict)


def ask_count(
    office: Office, point: ContactPoint, client: Client, *, partner: str, case: str, purpose: str, legal_basis: str
) -> tuple[Counting, str]:
    """Raise the words of this office; return the question and its signed text.

    Raises
    ------
    ExchangeError
        When there is no such partner, or there are too many words.
    """
    point.partner(partner)
    with office.store.begin_read() as connection:
        words = padded(_words(office, connection))
    raising, at = Raising(), office.clock()
    points = raising.words(words)
    with office.writer.transaction() as transaction:
        connection = transaction.connection
        question = CountQuestion(
            number=f"{point.here}-o{microseconds(at)}-{comparisons.n_questions(connection, OUT, partner)}",
            sender=point.here,
            recipient=partner,
            case=case,
            purpose=purpose,
            legal_basis=legal_basis,
            made_at=at.astimezone(UTC).isoformat(timespec="seconds"),
            points=points,
        )
        kept = _put(office, connection, OUT, partner, question, client)
    text = signed_count(question, name=client.client_id, key=point.key, signed_at=at.isoformat())
    return Counting(question=question, raising=raising, comparison_id=kept), text


def answer_count(office: Office, point: ContactPoint, text: str, client: Client) -> str:
    """Answer a partner's question within its quota; return the signed text. Points are raised before the transaction.

    Raises
    ------
    ExchangeError
        When it is no question of a partner, was answered before, or goes beyond the quota.
    """
    question = count_question(text, partners=point.partners(), here=point.here)
    with office.store.begin_read() as connection:
        _within_quota(office, connection, point, question)
        words = padded(_words(office, connection))
    raising = Raising()
    answer = CountAnswer(
        question=question.digest,
        sender=point.here,
        recipient=question.sender,
        both=raising.points(question.points),
        own=raising.words(words),
    )
    with office.writer.transaction() as transaction:
        _within_quota(office, transaction.connection, point, question)
        _put(office, transaction.connection, IN, question.sender, question, client)
    return signed_count(answer, name=client.client_id, key=point.key, signed_at=office.clock().isoformat())


def read_count(office: Office, point: ContactPoint, pending: Counting, text: str, client: Client) -> int:
    """How many words both have.

    Raises
    ------
    ExchangeError
        When it is not the partner's answer to this question.
    """
    found, question = count_answer(text, partners=point.partners(), here=point.here), pending.question
    is_answer = found.question == question.digest and found.sender == question.recipient
    if not is_answer or len(found.both) != len(question.points):
        raise ExchangeError("question", "the answer is to another question, or not whole.", "Check the file.")
    n = n_common(found.both, pending.raising.points(found.own))
    with office.writer.transaction() as transaction:
        comparisons.note_hits(transaction.connection, pending.comparison_id, n)
        _note(office, transaction.connection, client, "overlap read", f"{question.number}, {n} in common")
    return n


def _words(office: Office, connection: Connection) -> list[bytes]:
    """Words of this office; without any it asks and answers all the same, so that this does not show."""
    words = list(dict.fromkeys(own_words(office, connection)))
    if len(words) > MOST_POINTS:
        raise ExchangeError("lists", f"they have more than {MOST_POINTS:,} words.", "Ask about single entries.")
    return words


def _within_quota(office: Office, connection: Connection, point: ContactPoint, question: CountQuestion) -> None:
    partner = point.partner(question.sender)
    if comparisons.is_known(connection, IN, partner.name, question.digest):
        raise ExchangeError("number", "the question was answered before.", "Ask anew.")
    since_us = microseconds(office.clock() - _DAY)
    if comparisons.n_questions(connection, IN, partner.name, since_us=since_us) >= partner.counts_per_day:
        raise ExchangeError("points", f"{partner.counts_per_day} counts may be asked in a day.", "Ask tomorrow.")
    n_points = comparisons.n_words(connection, IN, partner.name, since_us=since_us, kind=COUNT)
    if n_points + len(question.points) > partner.points_per_day:
        raise ExchangeError(
            "points",
            f"counts may have {partner.points_per_day} of them in a day, because each may be a guess.",
            "Agree on more, or ask about single entries.",
        )


def _put(
    office: Office, connection: Connection, direction: str, partner: str, question: CountQuestion, client: Client
) -> int:
    n = len(question.points)
    action = "overlap asked" if direction == OUT else "overlap answered"
    _note(office, connection, client, action, f"{question.number}, {n} words, {question.case}")
    return comparisons.put(
        connection,
        kind=COUNT,
        direction=direction,
        partner=partner,
        number=question.number,
        digest=question.digest,
        case_reference=question.case,
        purpose=question.purpose,
        n_words=n,
        made_at=microseconds(office.clock()),
        client_id=client.client_id,
    )


def _note(office: Office, connection: Connection, client: Client, action: str, detail: str) -> None:
    at_us = microseconds(office.clock())
    note(connection, at_us=at_us, client_id=client.client_id, action=action, seqs=[], detail=detail)
