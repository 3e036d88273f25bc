"""Rules: analysts write them, a second person approves them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Annotated, Any

from fastapi import Depends
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from policy.rules import Found, Rule, RuleError
from policy.rules.rule import MOST_POINTS, REFERRALS
from serving.api.access import TheOffice, having
from serving.api.problems import Problem
from serving.api.routing import resource
from serving.office import rules as office_rules
from serving.office.office import Office
from serving.office.rule_names import RuleNames, rule_names
from serving.store import Client, Connection, Role
from serving.store.rules import State, StoredRule, all_rules
from serving.store.times import time_of

router = resource()
_READERS = (Role.ANALYST, Role.SUPERVISOR, Role.OFFICER, Role.SCIENTIST, Role.AUDITOR)
Reader = Annotated[Client, Depends(having(*_READERS))]
Writer = Annotated[Client, Depends(having(*office_rules.WRITERS))]
Approver = Annotated[Client, Depends(having(*office_rules.APPROVERS))]
Facts = dict[str, bool | float | str]


class RuleModel(BaseModel):
    """A rule as it is written; docs/decision-rules.md has the language of its condition."""

    model_config = ConfigDict(extra="forbid")
    name: str = Field(examples=["cover-letters"])
    when: str = Field(examples=["stream = 'letter' AND description CONTAINS ANY LIST cover_goods"])
    refer: str | None = Field(
        None, description=f"One of {', '.join(REFERRALS)}; left out where the rule raises the score.", examples=["open"]
    )
    raises: float | None = Field(
        None, description=f"Points that it adds to the rank of the score, at most {MOST_POINTS:g}."
    )
    owner: str
    legal_basis: str
    expires_on: date
    says: str = ""
    lines: list[str] = Field([], description="Screening lines on which it is live; all where none is named.")
    must_match: list[Facts] = Field(description="Facts of parcels that it must hit, at least one.")
    must_not_match: list[Facts] = Field(description="Facts of parcels that it must not hit, at least one.")
    covert: bool = Field(False, description="Operators are shown what would be asked without it.")
    typology: dict[str, Any] = Field({}, description="Typology that it was adopted from.")


class FlawModel(BaseModel):
    """What is wrong with a rule among others."""

    rule: str
    flaw: str
    other: str | None
    says: str

    @classmethod
    def of(cls, found: Found) -> FlawModel:
        """Write a flaw for the wire."""
        return cls(rule=found.rule, flaw=found.flaw, other=found.other, says=found.says)


class RuleOnRecord(BaseModel):
    """One version of a rule."""

    rule: RuleModel
    version: int
    state: State
    identity: str = Field(description="Digest of its canonical condition.")
    made_by: str
    made_at: AwareDatetime
    approved_by: str | None
    live_by: str | None
    retired_by: str | None
    lost: list[str] = Field(description="What it reads that is gone or has changed since it was written.")
    flaws: list[FlawModel] = Field(default=[], description="What is wrong with it among the rules that are live.")

    @classmethod
    def of(cls, one: StoredRule, found: list[Found] | None = None) -> RuleOnRecord:
        """Write a version for the wire."""
        return cls(
            rule=RuleModel(**one.rule.as_document()),
            version=one.version,
            state=one.state,
            identity=one.identity,
            made_by=one.made_by,
            made_at=time_of(one.made_at),
            approved_by=one.approved_by,
            live_by=one.live_by,
            retired_by=one.retired_by,
            lost=list(one.reads.lost().values()),
            flaws=[FlawModel.of(flaw) for flaw in found or []],
        )


class RuleSet(BaseModel):
    """Versions of rules, and what is wrong with those that are live as a set."""

    rules: list[RuleOnRecord]
    flaws: list[FlawModel]


class CheckedModel(BaseModel):
    """A rule that can be used."""

    identity: str
    flaws: list[FlawModel]


def rule_of(model: RuleModel) -> Rule:
    """Read a rule from the wire."""
    document: dict[str, Any] = model.model_dump()
    return Rule.from_document({name: value for name, value in document.items() if value != ""})


def names_of(office: Office, connection: Connection) -> RuleNames:
    """Lists and lines that rules may name."""
    return rule_names(connection, office.secrets.vault, office.lines, office.clock())


def refused(error: RuleError) -> Problem:
    """Say what is wrong with a rule."""
    return Problem(422, "Rule not accepted", str(error))


def _stepped(office: Office, step: Callable[[Connection], RuleOnRecord]) -> RuleOnRecord:
    """Take a step in the life of a rule; 409 where it cannot be taken."""
    try:
        with office.writer.transaction() as transaction:
            return step(transaction.connection)
    except RuleError as error:
        raise Problem(409, "Not done", str(error)) from None


@router.get("/rules", summary="Read all rules", tags=["rules"])
def read_rules(office: TheOffice, client: Reader) -> RuleSet:
    """Every version of every rule, and what is wrong with the live ones as a set."""
    with office.store.begin_read() as connection:
        found = office_rules.set_flaws(connection, office.clock(), names_of(office, connection))
        known = [RuleOnRecord.of(one) for one in all_rules(connection)]
    return RuleSet(rules=known, flaws=[FlawModel.of(one) for one in found])


@router.get("/rules/{name}", summary="Read a rule", tags=["rules"])
def read_rule(name: str, office: TheOffice, client: Reader) -> list[RuleOnRecord]:
    """Every version of a rule, oldest first."""
    with office.store.begin_read() as connection:
        known = all_rules(connection, name)
    if not known:
        raise Problem(404, "Unknown rule", "No rule has this name.")
    return [RuleOnRecord.of(one) for one in known]


@router.post("/rules/check", summary="Check a rule", tags=["rules"])
def check_rule(rule: RuleModel, office: TheOffice, client: Writer) -> CheckedModel:
    """Check a rule, and compare it with those that are live; nothing is kept."""
    at = office.clock()
    try:
        with office.store.begin_read() as connection:
            names = names_of(office, connection)
            checked = office_rules.checked(rule_of(rule), at, names)
            found = office_rules.flaws(connection, checked, at, names)
    except RuleError as error:
        raise refused(error) from None
    return CheckedModel(identity=checked.identity, flaws=[FlawModel.of(one) for one in found])


@router.post("/rules", summary="Write a rule", tags=["rules"], status_code=201)
def write_rule(rule: RuleModel, office: TheOffice, client: Writer) -> RuleOnRecord:
    """Keep a rule, or a new version of it, as a draft."""
    try:
        with office.writer.transaction() as transaction:
            store = transaction.connection
            found = office_rules.draft(store, rule_of(rule), client, office.clock(), names_of(office, store))
        return RuleOnRecord.of(*found)
    except RuleError as error:
        raise refused(error) from None


@router.post("/rules/{name}/approve", summary="Approve a rule", tags=["rules"])
def approve_rule(name: str, office: TheOffice, client: Approver) -> RuleOnRecord:
    """Approve the newest draft of a rule that somebody else wrote."""
    at = office.clock()
    return _stepped(
        office, lambda store: RuleOnRecord.of(office_rules.approve(store, name, client, at, names_of(office, store)))
    )


@router.post("/rules/{name}/live", summary="Put a rule live", tags=["rules"])
def put_live(name: str, office: TheOffice, client: Writer) -> RuleOnRecord:
    """Put the approved version of a rule live, in place of the one before."""
    at = office.clock()
    return _stepped(
        office, lambda store: RuleOnRecord.of(*office_rules.go_live(store, name, client, at, names_of(office, store)))
    )


@router.post("/rules/{name}/retire", summary="Retire a rule", tags=["rules"])
def retire_rule(name: str, office: TheOffice, client: Writer) -> RuleOnRecord:
    """Retire every version of a rule; it stays on record."""
    at = office.clock()
    return _stepped(office, lambda store: RuleOnRecord.of(office_rules.retire(store, name, client, at)[-1]))
