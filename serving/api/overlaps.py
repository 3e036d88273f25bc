"""How many entries one's own lists and those of a partner have in common: a question, an answer, and a number."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Request
from pydantic import BaseModel, ConfigDict, Field

from features.parcel.problems import ListError
from policy.exchange import ExchangeError
from serving.api.access import TheOffice
from serving.api.comparisons import Answerer, AnswerText, Asker, QuestionText
from serving.api.exchange import Point, Signed
from serving.api.problems import Problem
from serving.api.routing import resource
from serving.office import overlapping
from serving.office.overlapping import Counts

router = resource()


def the_counts(request: Request) -> Counts:
    """Questions of this service that wait for an answer."""
    found: Counts = request.app.state.counts
    return found


Waiting = Annotated[Counts, Depends(the_counts)]


class NewCount(BaseModel):
    """Which partner is asked, and why."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)
    partner: Annotated[str, Field(min_length=1, max_length=40)]
    case_reference: Annotated[str, Field(min_length=1, max_length=70)]
    purpose: Annotated[str, Field(min_length=1, max_length=300)]
    legal_basis: Annotated[str, Field(min_length=1, max_length=200)]


class Overlap(BaseModel):
    """A number; which entries they are, nobody learns."""

    n_common: int = Field(description="Words that both have. An entry may have several.")
    n_asked: int = Field(description="Words of this office, filled up to the fewest that may be asked.")


@router.post("/overlaps", summary="Ask how many entries lists have in common", tags=["exchange"], status_code=201)
def ask(new: NewCount, office: TheOffice, client: Asker, point: Point, waiting: Waiting) -> QuestionText:
    """All live watch and mandatory lists with handling code H0 or H1. Only the service that asked reads the answer."""
    try:
        pending, text = overlapping.ask_count(
            office,
            point,
            client,
            partner=new.partner,
            case=new.case_reference,
            purpose=new.purpose,
            legal_basis=new.legal_basis,
        )
    except (ExchangeError, ListError) as error:
        raise Problem(422, "Comparison not possible", str(error)) from None
    waiting.pending[pending.question.number] = pending
    return QuestionText(number=pending.question.number, text=text)


@router.post("/overlaps/answers", summary="Answer a partner's count", tags=["exchange"])
def answer(signed: Signed, office: TheOffice, client: Answerer, point: Point) -> Signed:
    """Raise the partner's points within its quota. Nobody here learns what was asked, or the number."""
    try:
        return Signed(text=overlapping.answer_count(office, point, signed.text, client))
    except (ExchangeError, ListError) as error:
        raise Problem(422, "Comparison not possible", str(error)) from None


@router.post("/overlaps/results", summary="Read how many are in common", tags=["exchange"])
def read_count(given: AnswerText, office: TheOffice, client: Asker, point: Point, waiting: Waiting) -> Overlap:
    """The number alone."""
    pending = waiting.pending.get(given.number)
    if pending is None:
        raise Problem(422, "Comparison not possible", "No question of this number waits here. Ask again.")
    try:
        found = overlapping.read_count(office, point, pending, given.text, client)
    except ExchangeError as error:
        raise Problem(422, "Comparison not possible", str(error)) from None
    del waiting.pending[given.number]
    return Overlap(n_common=found, n_asked=len(pending.question.points))
