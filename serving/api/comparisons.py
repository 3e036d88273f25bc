"""Comparison without names: a question to a partner, the answer to a partner's question, and what an answer says."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import Depends, Request
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from features.parcel.problems import ListError
from policy.exchange import ExchangeError
from policy.lists.terms import ListField
from serving.api.access import TheOffice, having
from serving.api.exchange import Point, Signed
from serving.api.problems import Problem
from serving.api.routing import resource
from serving.office import comparing
from serving.office.comparing import Questions
from serving.office.exchanging import DRAFTING, RELEASING
from serving.store import Client, Role, comparisons
from serving.store.times import time_of

router = resource()
_STRICT = ConfigDict(extra="forbid", str_strip_whitespace=True)
Asker = Annotated[Client, Depends(having(*DRAFTING))]
Answerer = Annotated[Client, Depends(having(*RELEASING))]
Reader = Annotated[Client, Depends(having(*DRAFTING, Role.AUDITOR))]
Text = Annotated[str, Field(min_length=1, max_length=200)]


def the_questions(request: Request) -> Questions:
    """Questions of this service that wait for an answer."""
    found: Questions = request.app.state.questions
    return found


Waiting = Annotated[Questions, Depends(the_questions)]


class ComparedEntry(BaseModel):
    """One entry, in the words of an entry of a list (docs/lists.md)."""

    model_config = _STRICT
    field: Literal["sender", "recipient", "address", "contact", "account"]
    values: dict[str, Text] = Field(min_length=1, max_length=20)


class NewQuestion(BaseModel):
    """What a partner is asked in one case."""

    model_config = _STRICT
    partner: Annotated[str, Field(min_length=1, max_length=40)]
    case_reference: Annotated[str, Field(min_length=1, max_length=70)]
    purpose: Annotated[str, Field(min_length=1, max_length=300)]
    legal_basis: Text
    entries: list[ComparedEntry] = Field(min_length=1, max_length=50)


class QuestionText(BaseModel):
    """A question: its number, and the signed text for the partner."""

    number: str
    text: str


class AnswerText(BaseModel):
    """The partner's answer to the question of a number."""

    model_config = _STRICT
    number: Annotated[str, Field(min_length=1, max_length=60)]
    text: Annotated[str, Field(min_length=2, max_length=20_000_000)]


class Hits(BaseModel):
    """Hit or no hit, entry by entry in the order of the question."""

    hits: list[bool]


class ComparisonModel(BaseModel):
    """A question on record, without a word of it."""

    kind: Literal["words", "count"] = Field(description="Single entries, or a count of what lists have in common.")
    direction: Literal["out", "in"]
    partner: str
    number: str
    case_reference: str
    purpose: str
    n_words: int
    n_hits: int | None = Field(description="Known to the asker alone.")
    made_at: AwareDatetime
    client_id: str


class ComparisonList(BaseModel):
    """Questions, newest first."""

    comparisons: list[ComparisonModel]


@router.post("/comparisons", summary="Ask a partner without names", tags=["exchange"], status_code=201)
def ask(new: NewQuestion, office: TheOffice, client: Asker, point: Point, waiting: Waiting) -> QuestionText:
    """Blind the entries. The question must be answered while this service runs: only it can read the answer."""
    entries = [(ListField(one.field), one.values) for one in new.entries]
    try:
        with office.writer.transaction() as transaction:
            pending, text = comparing.ask(
                office,
                transaction.connection,
                point,
                entries,
                client,
                partner=new.partner,
                case=new.case_reference,
                purpose=new.purpose,
                legal_basis=new.legal_basis,
            )
    except ExchangeError as error:
        raise Problem(422, "Comparison not possible", str(error)) from None
    waiting.pending[pending.question.number] = pending
    return QuestionText(number=pending.question.number, text=text)


@router.post("/comparisons/answers", summary="Answer a partner's question", tags=["exchange"])
def answer(signed: Signed, office: TheOffice, client: Answerer, point: Point) -> Signed:
    """Evaluate the blinded words within the partner's quotas. Nobody here learns what was asked."""
    try:
        with office.writer.transaction() as transaction:
            return Signed(text=comparing.answer(office, transaction.connection, point, signed.text, client))
    except (ExchangeError, ListError) as error:
        raise Problem(422, "Comparison not possible", str(error)) from None


@router.post("/comparisons/results", summary="Read a partner's answer", tags=["exchange"])
def read_answer(given: AnswerText, office: TheOffice, client: Asker, point: Point, waiting: Waiting) -> Hits:
    """Hit or no hit; names follow only in a package that a person of the partner releases."""
    pending = waiting.pending.get(given.number)
    if pending is None:
        raise Problem(422, "Comparison not possible", "No question of this number waits here. Ask again.")
    try:
        with office.writer.transaction() as transaction:
            found = comparing.read_answer(office, transaction.connection, point, pending, given.text, client)
    except ExchangeError as error:
        raise Problem(422, "Comparison not possible", str(error)) from None
    del waiting.pending[given.number]
    return Hits(hits=found)


@router.get("/comparisons", summary="Read the log of comparisons", tags=["exchange"])
def read_comparisons(office: TheOffice, client: Reader) -> ComparisonList:
    """Who asked how many words in which case; no word is in it."""
    with office.store.begin_read() as connection:
        rows = comparisons.all_of(connection)
    return ComparisonList(
        comparisons=[ComparisonModel.model_validate({**row, "made_at": time_of(row["made_at"])}) for row in rows]
    )
