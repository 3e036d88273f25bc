"""Comparison without names between authorities: asked and answered under quotas, logged on both sides, hit or no hit.

What is compared are entries of live watch and mandatory lists of the answerer whose handling code lets them be used.
Neither side reads a word of the other: names follow only in a package that a person releases (`exchanging`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, timedelta

from policy.exchange import ExchangeError
from policy.exchange.oblivious import FIELDS, Asking, VoprfAsking, VoprfEvaluator, hits, words_of
from policy.exchange.questions import MOST_WORDS, Answered, Question, answer_opened, question_opened, signed
from policy.lists.terms import ListField, ListKind
from serving.office.exchanging import ContactPoint
from serving.office.office import Office
from serving.store import Client, Connection, comparisons
from serving.store.database import note
from serving.store.lists import content_of, live_lists
from serving.store.packages import IN, OUT
from serving.store.times import microseconds

_USABLE = ("H0", "H1")
"""Handling codes of lists that may be compared: the source of others is asked first."""
_DAY = timedelta(days=1)


@dataclass(frozen=True, kw_only=True)
class Pending:
    """A question of this office that has no answer yet; it lives in this process, and dies with it."""

    question: Question
    words: tuple[Asking, ...]
    entries: tuple[int, ...]
    comparison_id: int


@dataclass
class Questions:
    """Questions that wait for an answer, by number."""

    pending: dict[str, Pending] = field(default_factory=dict)


def ask(
    office: Office,
    connection: Connection,
    point: ContactPoint,
    entries: Sequence[tuple[ListField, Mapping[str, str]]],
    client: Client,
    *,
    partner: str,
    case: str,
    purpose: str,
    legal_basis: str,
) -> tuple[Pending, str]:
    """Blind what is asked; return the question and its signed text. The log of this office names no word.

    Raises
    ------
    ExchangeError
        When an entry identifies nothing, or there are too many.
    """
    point.partner(partner)
    words = [(number, word) for number, entry in enumerate(entries) for word in words_of(*entry)]
    if not 0 < len(words) <= MOST_WORDS:
        raise ExchangeError("entries", "there are none, or too many.", f"Ask for 1 to {MOST_WORDS} words.")
    asked = tuple(VoprfAsking(word) for _, word in words)
    at = office.clock()
    question = Question(
        number=f"{point.here}-q{microseconds(at)}-{comparisons.n_words(connection, OUT, partner)}",
        sender=point.here,
        recipient=partner,
        case=case,
        purpose=purpose,
        legal_basis=legal_basis,
        made_at=at.astimezone(UTC).isoformat(timespec="seconds"),
        blinded=tuple(one.blinded for one in asked),
    )
    kept = _put(office, connection, OUT, partner, question, client)
    pending = Pending(question=question, words=asked, entries=tuple(number for number, _ in words), comparison_id=kept)
    return pending, signed(question, name=client.client_id, key=point.key, signed_at=at.isoformat())


def answer(office: Office, connection: Connection, point: ContactPoint, text: str, client: Client) -> str:
    """Answer a partner's question within its quotas; return the signed text. What was asked nobody here can read.

    Raises
    ------
    ExchangeError
        When it is no question of a partner, was answered before, or goes beyond a quota; then nothing is evaluated.
    """
    question = question_opened(text, partners=point.partners(), here=point.here)
    _within_quotas(office, connection, point, question)
    evaluator = VoprfEvaluator(point.comparison_secret())
    evaluated = tuple(evaluator.evaluated(one) for one in question.blinded)
    tags = tuple(sorted({evaluator.tag(word) for word in own_words(office, connection)}))
    _put(office, connection, IN, question.sender, question, client)
    answered = Answered(
        question=question.digest,
        sender=point.here,
        recipient=question.sender,
        public_key=evaluator.public_key,
        evaluated=evaluated,
        tags=tags,
    )
    return signed(answered, name=client.client_id, key=point.key, signed_at=office.clock().isoformat())


def read_answer(
    office: Office, connection: Connection, point: ContactPoint, pending: Pending, text: str, client: Client
) -> list[bool]:
    """Whether each entry that was asked for is a hit.

    Raises
    ------
    ExchangeError
        When it is not the partner's answer to this question.
    """
    found = answer_opened(text, partners=point.partners(), here=point.here)
    if found.question != pending.question.digest or found.sender != pending.question.recipient:
        raise ExchangeError("question", "the answer is to another question.", "Check the file.")
    known = hits(pending.words, found.evaluated, found.public_key, frozenset(found.tags))
    of_entry = [False] * (max(pending.entries) + 1)
    for number, is_hit in zip(pending.entries, known, strict=True):
        of_entry[number] |= is_hit
    comparisons.note_hits(connection, pending.comparison_id, sum(of_entry))
    _note(office, connection, client, "comparison read", f"{pending.question.number}, {sum(of_entry)} hits")
    return of_entry


def _within_quotas(office: Office, connection: Connection, point: ContactPoint, question: Question) -> None:
    partner, n = point.partner(question.sender), len(question.blinded)
    in_case = comparisons.n_words(connection, IN, partner.name, case=question.case)
    since_us = microseconds(office.clock() - _DAY)
    in_day = comparisons.n_words(connection, IN, partner.name, since_us=since_us)
    if in_case + n > partner.words_per_case:
        raise ExchangeError("case", f"{partner.words_per_case} words may be asked in one.", "Agree on more.")
    if in_day + n > partner.words_per_day:
        raise ExchangeError("blinded", f"{partner.words_per_day} words may be asked in a day.", "Ask tomorrow.")


def own_words(office: Office, connection: Connection) -> Iterator[bytes]:
    """Words of the entries that are compared; those that were made from parcels have keys of this office alone."""
    today = office.clock().date()
    for one in live_lists(connection):
        usable = one.terms.kind in (ListKind.WATCH, ListKind.MANDATORY) and one.terms.handling in _USABLE
        if not usable or one.terms.has_expired(today) or not set(one.terms.fields) & set(FIELDS):
            continue
        given = content_of(connection, office.secrets.vault, one, whole=True).given
        for row in given.to_dicts():
            values = {name: value for name, value in row.items() if isinstance(value, str) and name not in _NOT_WORDS}
            if not row.get("key") and ListField(row["field"]) in FIELDS:
                yield from words_of(ListField(row["field"]), values)


_NOT_WORDS = ("field", "reason", "expires_on", "key")


def _put(
    office: Office, connection: Connection, direction: str, partner: str, question: Question, client: Client
) -> int:
    at_us = microseconds(office.clock())
    action = "comparison asked" if direction == OUT else "comparison answered"
    _note(office, connection, client, action, f"{question.number}, {len(question.blinded)} words, {question.case}")
    return comparisons.put(
        connection,
        kind=comparisons.WORDS,
        direction=direction,
        partner=partner,
        number=question.number,
        digest=question.digest,
        case_reference=question.case,
        purpose=question.purpose,
        n_words=len(question.blinded),
        made_at=at_us,
        client_id=client.client_id,
    )


def _note(office: Office, connection: Connection, client: Client, action: str, detail: str) -> None:
    at_us = microseconds(office.clock())
    note(connection, at_us=at_us, client_id=client.client_id, action=action, seqs=[], detail=detail)
