"""Typologies: ways in which contraband is sent; analysts adopt them as rules, which a second person approves."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Annotated, Any

from fastapi import Depends
from pydantic import BaseModel, ConfigDict, Field

from policy.rules import RuleError
from policy.typologies import Found, Typology
from policy.typologies.documents import MOST_BYTES, as_document, typology_of
from serving.api.access import TheOffice, having
from serving.api.problems import Problem
from serving.api.routing import resource
from serving.api.rules import Reader, RuleOnRecord
from serving.office.rule_names import rule_names
from serving.office.rules import WRITERS
from serving.office.typologies import Known, adopt, known_typologies, tested, typology_named, yielded
from serving.store import Client

router = resource()
Writer = Annotated[Client, Depends(having(*WRITERS))]


class KnownTypology(BaseModel):
    """A typology that the office knows."""

    name: str
    title: str
    state: str = Field(description="shipped, or the state of the rule that it was adopted as", examples=["shipped"])
    rule: str | None = Field(description="Name of that rule.")
    typology: dict[str, Any] = Field(description="As its file has it; see docs/typologies.md.")

    @classmethod
    def of(cls, known: Known) -> KnownTypology:
        """Write a typology for the wire."""
        one = known.typology
        rule = None if known.stored is None else known.stored.rule.name
        return cls(name=one.name, title=one.title, state=known.state, rule=rule, typology=as_document(one))


class Adoption(BaseModel):
    """Who answers for a typology that is adopted, until when, and the past that it is tested on first."""

    model_config = ConfigDict(extra="forbid")
    owner: Annotated[str, Field(min_length=1, max_length=200)] = Field(examples=["postal team"])
    expires_on: date
    days: Annotated[int, Field(ge=1, le=3_650)] = Field(90, description="Days up to now that it is tested on.")


class NewTypology(Adoption):
    """A typology of one's own."""

    text: Annotated[str, Field(min_length=1, max_length=MOST_BYTES)] = Field(description="YAML of the typology.")


@router.get("/typologies", summary="Read all typologies", tags=["rules"])
def read_typologies(office: TheOffice, client: Reader) -> list[KnownTypology]:
    """Typologies that are shipped or were adopted, by name."""
    with office.store.begin_read() as connection:
        return [KnownTypology.of(one) for one in known_typologies(connection).values()]


@router.get("/typologies/{typology}", summary="Read a typology", tags=["rules"])
def read_typology(typology: str, office: TheOffice, client: Reader) -> KnownTypology:
    """Conditions, sources, what to look for, where it was hidden, and what it yielded."""
    with office.store.begin_read() as connection:
        known = known_typologies(connection).get(typology)
    if known is None:
        raise Problem(404, "Unknown typology", "No typology has this name.")
    return KnownTypology.of(known)


@router.post("/typologies", summary="Adopt a typology of one's own", tags=["rules"], status_code=201)
def write_typology(new: NewTypology, office: TheOffice, client: Writer) -> RuleOnRecord:
    """Test a typology on the stored log, and keep it as the draft of a rule; a second person approves that."""
    try:
        return _adopted(office, client, typology_of(new.text), new)
    except RuleError as error:
        raise Problem(422, "Typology not accepted", str(error)) from None


@router.post("/typologies/{typology}/adopt", summary="Adopt a known typology", tags=["rules"], status_code=201)
def adopt_typology(typology: str, adoption: Adoption, office: TheOffice, client: Writer) -> RuleOnRecord:
    """Test a typology on the stored log, and keep it as the draft of a rule; a second person approves that."""
    try:
        with office.store.begin_read() as connection:
            one = typology_named(connection, typology).typology
        return _adopted(office, client, one, adoption)
    except RuleError as error:
        raise Problem(422, "Typology not accepted", str(error)) from None


def _adopted(office: TheOffice, client: Client, one: Typology, adoption: Adoption) -> RuleOnRecord:
    at = office.clock()
    found = _tested(office, one, adoption.days)
    with office.writer.transaction() as transaction:
        store = transaction.connection
        names = rule_names(store, office.secrets.vault, office.lines, at)
        kept = adopt(store, one, client, at, names, owner=adoption.owner, expires_on=adoption.expires_on, found=found)
    return RuleOnRecord.of(*kept)


def _tested(office: TheOffice, one: Typology, days: int) -> Found:
    """What it would have matched; read apart from the writer, which continues meanwhile."""
    at = office.clock()
    since = at - timedelta(days=days)
    with office.store.begin_read() as connection:
        names = rule_names(connection, office.secrets.vault, office.lines, at)
        return yielded(tested(connection, one, since, at, names), since, at)
