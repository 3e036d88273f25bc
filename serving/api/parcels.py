"""Parcels and manifests: operators lodge them and read the answers, officers read them too."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated, Any

from fastapi import Query, Request, Response
from pydantic import AwareDatetime, BaseModel, Field, SkipValidation

from features.handling.direction import Directed, Direction
from features.handling.states import Position, states
from features.parcel.numbers import TooLong
from features.parcel.problems import Rejection
from serving.api.access import OperatorCaller, ReaderCaller, TheGathering, TheOffice
from serving.api.manifest_files import counts
from serving.api.once import REPLAYED, TheOnce, mark
from serving.api.problems import Problem
from serving.api.records import lodging_of
from serving.api.routing import check_size, merged, resource
from serving.api.schemas import Manifest, Parcel
from serving.intake.submissions import Lodging, PartResult, slices, take, valid
from serving.office.answers import Answer, RejectionModel, ValidAnswer, shown
from serving.office.gathering import Gathering
from serving.office.lookup import look_up
from serving.office.resolving import Nothing
from serving.office.rule_traces import RuleTrace
from serving.office.typologies import TypologyFact
from serving.office.writer import BULK_S
from serving.store.clients import INSPECTING

router = resource()
SINGLE = "/v1/parcels"
"""Where single parcels are posted; `serving.api.single` answers nearly all of them."""
ValidateOnly = Annotated[bool, Query(description="Say whether it can be used, and lodge nothing.")]
Explain = Annotated[bool, Query(description="Find the reasons now, also for parcels that nobody needs to look at.")]


class ManifestAnswer(BaseModel):
    """One result per parcel, in the order of the request."""

    n_scored: int
    n_repeated: int
    n_amended: int
    n_superseded: int
    n_cancelled: int
    n_waiting: int
    n_valid: int = Field(description="Parcels that would be accepted, where `validate_only` is set.")
    n_rejected: int
    results: list[Answer | ValidAnswer | RejectionModel]


class MovementModel(BaseModel):
    """Something that happened to the parcel."""

    code: str = Field(examples=["EMD"])
    state: str | None = Field(description="What it says of the parcel's life.", examples=["arrived"])
    happened_at: AwareDatetime
    office: str | None


class PositionModel(BaseModel):
    """Where a parcel is, by what its operator reports and by what customs saw."""

    state: str = Field(examples=["presented"])
    since: AwareDatetime
    is_fact: bool = Field(description="Whether customs itself saw it; otherwise an operator claims it.")
    can_be_recalled: bool = Field(description="Whether the parcel can still be brought to customs, or is there.")
    was_presented: bool = Field(description="Whether customs itself saw the parcel in its hands.")
    n_contradictions: int = Field(description="Reports and scans that say otherwise.")

    @classmethod
    def of(cls, position: Position) -> PositionModel:
        """Write a position for the wire."""
        return cls(
            state=position.state.value,
            since=position.since,
            is_fact=position.is_fact,
            can_be_recalled=position.can_be_recalled,
            was_presented=position.was_presented,
            n_contradictions=len(position.contradictions),
        )


class DirectionModel(BaseModel):
    """Which way a parcel goes, as far as something says so."""

    direction: Direction = Field(description="`unknown` where nothing says so, or countries and offices disagree.")
    sources: list[str] = Field(
        description="What it is known from: label, link, events, category, countries, offices.",
        examples=[["countries"]],
    )
    said: dict[str, Direction] = Field(description="What each source says that speaks.")

    @classmethod
    def of(cls, way: Directed) -> DirectionModel:
        """Write a direction for the wire."""
        return cls(direction=way.direction, sources=list(way.sources), said=dict(way.said))


class ConditionModel(BaseModel):
    """One condition of a rule on a parcel."""

    condition: str = Field(examples=["gross_weight_g < 100"])
    state: str = Field(description="met, not met or not known")
    values: str = Field(description="What the parcel has.")


class TraceModel(BaseModel):
    """What became of a live rule on a parcel."""

    rule: str = Field(examples=["cover-letters 1"])
    near_miss: str = Field(description="The only condition that it misses, in words; empty where the rule hit.")
    conditions: list[ConditionModel]

    @classmethod
    def of(cls, trace: RuleTrace) -> TraceModel:
        """Write a trace for the wire."""
        conditions = [ConditionModel(**vars(one)) for one in trace.conditions]
        return cls(rule=trace.rule, near_miss=trace.near_miss, conditions=conditions)


class TypologyFactModel(BaseModel):
    """A typology that a parcel matches."""

    name: str
    title: str
    share: float = Field(description="Weighted share of its conditions that the parcel meets.")
    unknown_share: float = Field(description="Weighted share of those that cannot be evaluated; they count as not met.")
    conditions: list[ConditionModel]
    look_for: list[str]
    hidden_in: list[str]

    @classmethod
    def of(cls, fact: TypologyFact) -> TypologyFactModel:
        """Write a fact for the wire."""
        return cls(**vars(fact) | {"conditions": [ConditionModel(**vars(one)) for one in fact.conditions]})


class Lookup(BaseModel):
    """Answers on record for an identifier; more than one when several operators used it."""

    answers: list[Answer] = Field(description="Newest first.")
    movements: list[MovementModel] = Field(description="What happened to the newest of them, oldest first.")
    position: PositionModel | None = Field(description="Where the newest of them is; officers see it.")
    direction: DirectionModel | None = Field(description="Which way the newest of them goes; officers see it.")
    rules: list[str] = Field(description="Rules that hit the newest of them, with their versions; officers see them.")
    lists: list[str] = Field(description="Entries of lists that the newest of them met; officers see them.")
    traces: list[TraceModel] = Field(description="Live rules that hit the newest, or that it barely missed; likewise.")
    typologies: list[TypologyFactModel] = Field(description="Typologies that the newest matches; likewise.")
    found_by: str = Field(description="spelling, house_bill, master_bill or receptacle", examples=["spelling"])
    n_parcels: int = Field(description="Parcels under the number; of more than 20 the newest are answered.")


@router.post(
    "/parcels", summary="Score one parcel", tags=["operators"], status_code=200, response_model=Answer | ValidAnswer
)
async def score_parcel(
    parcel: Annotated[Parcel, SkipValidation],  # type: ignore[valid-type]
    office: TheOffice,
    client: OperatorCaller,
    gathering: TheGathering,
    once: TheOnce,
    explain: Explain = False,
    validate_only: ValidateOnly = False,
) -> Response:
    """Score a parcel as lodged now.

    The same facts sent again get the same answer and change nothing. Other facts amend the parcel; `function: cancel`
    cancels it. A value that cannot be used is read otherwise or left out, and listed among the doubts of the answer.
    """
    if validate_only:
        return Response(_valid(lodging_of(office, client, [parcel], explain=False)), media_type="application/json")
    lodging = lodging_of(office, client, [parcel], explain=explain)
    body, is_replay = await scored_parcel(gathering, replace(lodging, once=once))
    answer = Response(body, media_type="application/json")
    mark(answer, is_replay=is_replay)
    return answer


async def scored_parcel(gathering: Gathering[Lodging, PartResult], lodging: Lodging) -> tuple[bytes, bool]:
    """Answer to the one parcel of a lodging as JSON, once it is durable, and whether it was given before.

    Raises
    ------
    Problem
        409 or 422 when the parcel cannot be accepted.
    """
    done = await gathering.submit(lodging)
    if done.answers:
        return shown(done.answers[1], lodging.client).model_dump_json().encode(), done.is_replay
    raise _not_accepted(done.rejections, is_replay=done.is_replay)


def _valid(lodging: Lodging) -> bytes:
    answers = valid(lodging)
    if not answers:
        raise _not_accepted(lodging.rejections)
    return answers[1].model_dump_json().encode()


def _not_accepted(rejections: tuple[Rejection, ...], *, is_replay: bool = False) -> Problem:
    status = 409 if any(one.code in _CONFLICTS for one in rejections) else 422
    detail, headers = "The parcel cannot be accepted; see errors.", {REPLAYED: "true"} if is_replay else None
    return Problem(status, "Parcel not accepted", detail, errors=rejections, headers=headers)


@router.post("/manifests", summary="Score many parcels", tags=["operators"])
def score_manifest(
    request: Request,
    response: Response,
    manifest: Manifest,
    office: TheOffice,
    client: OperatorCaller,
    once: TheOnce,
    explain: Explain = False,
    validate_only: ValidateOnly = False,
) -> ManifestAnswer:
    """Score the parcels of a manifest. Each is answered by itself; one that cannot be used does not stop the others.

    Other content types than JSON are accepted here as well: CSV, NDJSON, Parquet, Arrow, ITMATT-like, ICS2-like and
    CUSITM-like messages, courier JSON, dispatch lists and events, compressed by gzip or zstd or not; docs/formats.md
    lists them. Large files become a job (202, with its address).
    """
    check_size(request, len(manifest.parcels))
    whole = lodging_of(office, client, manifest.parcels, explain=explain)
    if validate_only:
        return _manifest_answer(merged(dict(valid(whole)), whole.rejections))
    done = []
    for part in slices(replace(whole, once=once)):
        with office.writer.transaction(can_wait=True, within_s=BULK_S) as transaction:
            done += take(office, transaction, [part])
    answers = {line: shown(answer, client) for part in done for line, answer in part.answers.items()}
    rejections = tuple(rejection for part in done for rejection in part.rejections)
    mark(response, is_replay=all(part.is_replay for part in done))
    return _manifest_answer(merged(answers, rejections))


def _manifest_answer(results: list[Any]) -> ManifestAnswer:
    n_rejected = len({one.line for one in results if isinstance(one, RejectionModel)})
    return ManifestAnswer(results=results, n_rejected=n_rejected, **counts(results))


@router.get(
    "/parcels/{parcel_id:path}",
    summary="Read the answer to a parcel",
    tags=["operators", "officers"],
    response_model=Lookup,
)
def read_parcel(parcel_id: str, office: TheOffice, client: ReaderCaller) -> Response:
    """Answer on record, with its reasons. Operators see their own parcels only; every look is written to the audit.

    The identifier may be given as a scanner delivers it (docs/numbers.md). A house bill, master bill or receptacle
    gives the newest parcels that it covers.
    """
    try:
        found = look_up(office, parcel_id, client)
    except TooLong as error:
        raise Problem(422, "Reading too long", f"{error}") from error
    if found.nothing is not None:
        raise _unknown(found.nothing)
    life = [
        MovementModel(code=one.code, state=states().of_event(one.code), happened_at=one.happened_at, office=one.office)
        for one in found.parcels[0].movements
    ]
    answers = [shown(item.answer, client) for item in found.parcels]
    # Where customs has a parcel would warn those who wait for it.
    is_inspecting = client.role in INSPECTING
    position = PositionModel.of(found.parcels[0].position) if is_inspecting else None
    whole = Lookup(
        answers=answers,
        movements=life,
        position=position,
        direction=DirectionModel.of(found.parcels[0].direction) if is_inspecting else None,
        rules=found.parcels[0].rules,
        lists=found.parcels[0].lists,
        typologies=[TypologyFactModel.of(one) for one in found.parcels[0].typologies],
        traces=[TraceModel.of(one) for one in found.parcels[0].traces],
        found_by=found.kind.name.lower(),
        n_parcels=found.n_parcels,
    )
    return Response(whole.model_dump_json(), media_type="application/json")


def _unknown(known: Nothing) -> Problem:
    """Why there is no answer: the row was rejected, the number misread, or nothing was declared."""
    if known.is_several:
        return Problem(404, "Several numbers", "The reading holds the numbers of several parcels: give one.")
    if known.refused:
        errors = tuple(Rejection(**reason) for reason in known.refused[0].reasons)
        return Problem(404, "Lodged and rejected", "The row with this number was rejected; see errors.", errors=errors)
    if known.is_misread:
        return Problem(404, "Probably a misread", "The check digit of this number is wrong: read it again.")
    if known.is_fragment:
        return Problem(404, "Not a whole number", "The reading is too short for a parcel's number: read it again.")
    return Problem(404, "Unknown parcel", "No such parcel was lodged, or it was lodged by somebody else.")


_CONFLICTS = {"outcome_known"}
