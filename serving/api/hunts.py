"""Searches of the past: what a new rule, list, typology or finding would have matched, and what can be recalled."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import Depends
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from features.parcel.numbers import MOST_CHARACTERS, TooLong
from features.parcel.problems import ListError
from policy import Referral
from policy.rules import RuleError
from serving.api.access import TheOffice, having
from serving.api.problems import Problem
from serving.api.routing import resource
from serving.office.hunting import Hunted, Match, hunt
from serving.office.recalling import HUNTERS, look, recall, sought
from serving.office.rule_names import rule_names
from serving.office.sought import Sought
from serving.store import Client
from serving.store.hunts import StoredHunt, hunts_of
from serving.store.times import time_of

router = resource()
Hunter = Annotated[Client, Depends(having(*HUNTERS))]
Inspection = Literal["spot_check", "xray", "open", "manual_check", "hold"]
SHOWN = 200


class NewHunt(BaseModel):
    """What is searched for."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)
    kind: Literal["rule", "list", "typology", "finding"]
    name: Annotated[str, Field(min_length=1, max_length=MOST_CHARACTERS)] = Field(
        description="Name of the rule, list or typology; of a finding the number of its parcel."
    )
    refer: bool = Field(False, description="Refer what can still be recalled.")
    covert: bool = Field(False, description="Operators are not shown of the referrals.")
    asks: Inspection | None = Field(None, description="What is asked of a match; by default what the rule asks.")


class MatchModel(BaseModel):
    """A parcel of the last 60 days that matches."""

    parcel_id: str
    operator: str
    ties: list[str] = Field(description="Why it matches.", examples=[["number block", "franking"]])
    state: str = Field(examples=["in_hall"])
    since: AwareDatetime
    expected_at: AwareDatetime | None = Field(description="When it is expected to arrive.")
    is_in_reach: bool = Field(description="Whether it can still be recalled, and nobody has looked into it.")

    @classmethod
    def of(cls, one: Match) -> MatchModel:
        """Write a match for the wire."""
        return cls(
            parcel_id=one.current.event["parcel_id"],
            operator=one.current.event["operator"],
            ties=list(one.ties),
            state=one.position.state.value,
            since=one.position.since,
            expected_at=one.until,
            is_in_reach=one.is_in_reach,
        )


class HuntModel(BaseModel):
    """What a search found."""

    sought: str = Field(examples=["rule cover-letters 2"])
    n_parcels: int
    n_matched: int
    n_without_text: int = Field(description="Parcels whose texts have been erased, so that they cannot be searched.")
    n_in_reach: int
    n_referred: int
    matches: list[MatchModel] = Field(description=f"The most urgent first, at most {SHOWN}.")


class PastHunt(BaseModel):
    """A search that was made."""

    sought: str
    at: AwareDatetime
    by: str
    n_parcels: int
    n_matched: int
    n_in_reach: int
    n_referred: int

    @classmethod
    def of(cls, one: StoredHunt) -> PastHunt:
        """Write it for the wire."""
        given = {name: getattr(one, name) for name in cls.model_fields if name != "at"}
        return cls(at=time_of(one.at), **given)


@router.get("/hunts", summary="Read the searches of the past", tags=["rules"])
def read_hunts(office: TheOffice, client: Hunter) -> list[PastHunt]:
    """The latest hundred searches, newest first."""
    with office.store.begin_read() as connection:
        return [PastHunt.of(one) for one in hunts_of(connection)]


@router.post("/hunts", summary="Search the past", tags=["rules"], status_code=201)
def start_hunt(new: NewHunt, office: TheOffice, client: Hunter) -> HuntModel:
    """Search the stored log, and with `refer` refer what can still be recalled; asking again refers nothing twice."""
    try:
        wanted, found = _searched(office, new)
    except (RuleError, ListError, TooLong) as error:
        raise Problem(422, "Nothing to search for", str(error)) from None
    n_referred = 0
    with office.writer.transaction() as transaction:
        if new.refer:
            n_referred = len(recall(office, transaction, found, wanted.asks, client, is_covert=new.covert))
        else:
            look(transaction.connection, found, office.clock(), client)
    return HuntModel(
        sought=found.title,
        n_parcels=found.n_parcels,
        n_matched=found.n_matched,
        n_without_text=found.n_without_text,
        n_in_reach=len(found.in_reach),
        n_referred=n_referred,
        matches=[MatchModel.of(one) for one in found.recent[:SHOWN]],
    )


def _searched(office: TheOffice, new: NewHunt) -> tuple[Sought, Hunted]:
    at, vault = office.clock(), office.secrets.vault
    asks = None if new.asks is None else Referral(new.asks)
    with office.store.begin_read() as connection:
        names = rule_names(connection, vault, office.lines, at)
        wanted = sought(connection, vault, new.kind, new.name, at, names, asks)
        return wanted, hunt(connection, vault, wanted, at)
