"""Rules at the supervisor's desk: overview, analysis and what-if before saving, approval by a second person."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Annotated

from fastapi import APIRouter, Depends, HTTPException, Request
from fastapi.responses import HTMLResponse, Response

from features.text import English, Verbatim, day, moment, text
from policy.rules import Found, RuleError
from serving.office import rules as office_rules
from serving.office.office import Office
from serving.office.rule_names import RuleNames, rule_names
from serving.office.whatif import Changes
from serving.pages.desk.access import PREFIX, Supervisor
from serving.pages.desk.outlook import Outlook, form_digest, outlook, seen_in
from serving.pages.desk.rule_form import FIELDS, field_of, rule_in, typed_of
from serving.pages.desk.words import FLAWS, STATES, effect_words
from serving.pages.forms import Filled, blank, filled
from serving.pages.layout import page, redirect
from serving.pages.session import TheOffice, same_site
from serving.pages.tables import Table
from serving.store import Client, Connection
from serving.store.rules import State, StoredRule, all_rules
from serving.store.times import time_of

router = APIRouter(prefix=PREFIX, include_in_schema=False)
_MESSAGES = {
    "kept": text("Kept as a draft. Another supervisor or an analyst approves it."),
    "approve": text("Approved. It acts once it is put live."),
    "live": text("Live from the next parcel on."),
    "retire": text("Retired: it stays on record, and acts no more."),
}


@dataclass(frozen=True, kw_only=True)
class RulesPage:
    """Everything `rules.html` shows.

    Attributes
    ----------
    links:
        Names of rules that have a page of their own.
    flaws:
        What is wrong with the live ones as a set; with what is tried, where something is.
    seen:
        Digest of the rule that the outlook is of: only that one can be kept.
    """

    rules: Table
    links: list[str]
    flaws: Table
    form: Filled
    outlook: Outlook | None = None
    seen: str = ""


@dataclass(frozen=True, kw_only=True)
class RulePage:
    """Everything `rule.html` shows of one rule; the three flags say which steps this person can take."""

    name: str
    state: str
    terms: Table
    versions: Table
    flaws: Table
    can_approve: bool
    can_go_live: bool
    can_retire: bool
    is_own_draft: bool
    outlook: Outlook | None = None
    refusal: str = ""
    message: str = ""


@router.get("/rules")
def rules_page(request: Request, office: TheOffice, officer: Supervisor, like: str = "") -> HTMLResponse:
    """All rules that are not retired, and the form of a new one, or of a new version of another."""
    with office.store.begin_read() as connection:
        versions = all_rules(connection, like) if like else []
        form = blank(FIELDS, **typed_of(versions[-1].rule)) if versions else blank(FIELDS)
        return page(request, "rules.html", _overview(connection, office, form))


@router.post("/rules", dependencies=[Depends(same_site)])
def write_rule(
    request: Request,
    office: TheOffice,
    officer: Supervisor,
    form: Annotated[Filled, Depends(filled(*FIELDS))],
    seen: Annotated[str, Depends(seen_in)],
) -> Response:
    """Show what a rule would have done, and what is wrong with it; keep it where just this one was shown before."""
    at = office.clock()
    with office.store.begin_read() as connection:
        if form.refusals:
            return page(request, "rules.html", _overview(connection, office, form), 422)
        names = _names(connection, office)
        try:
            one = office_rules.checked(rule_in(form), at, names)
        except RuleError as error:
            wrong = form.refusing(field_of(error), text("{reason}", reason=English(error)), text("Correct it."))
            return page(request, "rules.html", _overview(connection, office, wrong), 422)
        if seen != form_digest(form):
            found = office_rules.flaws(connection, one, at, names)
            tried = Changes(rules=[one])
            shown = outlook(connection, office, request.app.state.settings, tried, f"rule:{one.rule.name}")
            context = replace(_overview(connection, office, form, found), outlook=shown, seen=form_digest(form))
            return page(request, "rules.html", context)
    with office.writer.transaction() as transaction:
        store = transaction.connection
        office_rules.draft(store, one.rule, officer, at, _names(store, office))
    return redirect(f"{PREFIX}/rules/{one.rule.name}", message="kept")


@router.get("/rules/{name}")
def rule_page(
    request: Request, name: str, office: TheOffice, officer: Supervisor, message: str = "", tried: str = ""
) -> HTMLResponse:
    """One rule with its versions; what its newest one would have done, where that is asked."""
    return _shown(request, office, name, officer, tried=bool(tried), message=_MESSAGES.get(message, ""))


@router.post("/rules/{name}/approve", dependencies=[Depends(same_site)])
def approve_rule(request: Request, name: str, office: TheOffice, officer: Supervisor) -> Response:
    """Approve the draft of somebody else."""
    at = office.clock()
    step: _Step = lambda store: office_rules.approve(store, name, officer, at, _names(store, office))  # noqa: E731
    return _stepped(request, office, name, officer, "approve", step)


@router.post("/rules/{name}/live", dependencies=[Depends(same_site)])
def put_live(request: Request, name: str, office: TheOffice, officer: Supervisor) -> Response:
    """Put the approved version live, in place of the one before."""
    at = office.clock()
    step: _Step = lambda store: office_rules.go_live(store, name, officer, at, _names(store, office))  # noqa: E731
    return _stepped(request, office, name, officer, "live", step)


@router.post("/rules/{name}/retire", dependencies=[Depends(same_site)])
def retire_rule(request: Request, name: str, office: TheOffice, officer: Supervisor) -> Response:
    """Retire every version."""
    at = office.clock()
    step: _Step = lambda store: office_rules.retire(store, name, officer, at)  # noqa: E731
    return _stepped(request, office, name, officer, "retire", step)


_Step = Callable[[Connection], object]


def _stepped(request: Request, office: Office, name: str, officer: Client, what: str, step: _Step) -> Response:
    """Take a step in the life of a rule, or say why it cannot be taken."""
    try:
        with office.writer.transaction() as transaction:
            step(transaction.connection)
    except RuleError as error:
        return _shown(request, office, name, officer, status=409, refusal=English(error))
    return redirect(f"{PREFIX}/rules/{name}", message=what)


def _names(connection: Connection, office: Office) -> RuleNames:
    return rule_names(connection, office.secrets.vault, office.lines, office.clock())


def _overview(connection: Connection, office: Office, form: Filled, flaws: Sequence[Found] | None = None) -> RulesPage:
    known = [one for one in all_rules(connection) if one.state is not State.RETIRED]
    found = office_rules.set_flaws(connection, office.clock(), _names(connection, office)) if flaws is None else flaws
    rows = [
        (
            one.rule.name,
            f"{one.version}",
            STATES[one.state.value],
            effect_words(one.rule),
            one.rule.owner,
            one.made_by,
            one.approved_by or "",
            day(one.rule.expires_on),
        )
        for one in known
    ]
    head = (
        text("Rule"),
        text("Version"),
        text("State"),
        text("What a hit does"),
        text("Team"),
        text("Written by"),
        text("Approved by"),
        text("Last day"),
    )
    return RulesPage(
        rules=Table(
            caption=text("Rules that are not retired"), head=head, rows=rows, n_texts=8, empty=text("There is no rule.")
        ),
        links=list(dict.fromkeys(one.rule.name for one in known)),
        flaws=_flaws(
            text("Flaws of the rules that are live") if flaws is None else text("Flaws among the rules that are live"),
            found,
        ),
        form=form,
    )


def _flaws(caption: str, found: Sequence[Found]) -> Table:
    rows = [(one.rule, FLAWS[one.flaw], one.other or "", English(one.says)) for one in found]
    head = (text("Rule"), text("Flaw"), text("Other rule"), text("What to do"))
    return Table(caption=caption, head=head, rows=rows, n_texts=4, empty=text("None was seen."))


def _shown(
    request: Request,
    office: Office,
    name: str,
    officer: Client,
    *,
    tried: bool = False,
    status: int = 200,
    refusal: str = "",
    message: str = "",
) -> HTMLResponse:
    with office.store.begin_read() as connection:
        versions = all_rules(connection, name)
        if not versions:
            raise HTTPException(404, "No rule has this name.")
        states = {one.state for one in versions}
        draft = next((one for one in reversed(versions) if one.state is State.DRAFT), None)
        is_own = draft is not None and draft.made_by == officer.client_id
        context = RulePage(
            name=name,
            state=STATES[versions[-1].state.value],
            terms=_terms(versions[-1]),
            versions=_versions(versions),
            flaws=_flaws_of(connection, office, versions[-1]),
            can_approve=draft is not None and not is_own,
            can_go_live=State.APPROVED in states,
            can_retire=states != {State.RETIRED},
            is_own_draft=is_own,
            outlook=_outlook(connection, office, request, versions[-1]) if tried else None,
            refusal=refusal,
            message=message,
        )
    return page(request, "rule.html", context, status)


def _outlook(connection: Connection, office: Office, request: Request, one: StoredRule) -> Outlook:
    try:
        tried = office_rules.checked(one.rule, office.clock(), _names(connection, office))
    except RuleError as error:
        return Outlook(problem=English(error))
    settings = request.app.state.settings
    return outlook(connection, office, settings, Changes(rules=[tried]), f"rule:{one.rule.name}")


def _flaws_of(connection: Connection, office: Office, one: StoredRule) -> Table:
    caption = text("Flaws of version {n} among the rules that are live", n=one.version)
    names = _names(connection, office)
    try:
        tried = office_rules.checked(one.rule, office.clock(), names)
    except RuleError as error:
        return Table(caption=caption, head=(text("Flaw"),), rows=[(English(error),)])
    return _flaws(caption, office_rules.flaws(connection, tried, office.clock(), names))


def _terms(one: StoredRule) -> Table:
    rule = one.rule
    rows = [
        (text("Condition"), Verbatim(rule.when)),
        (text("What a hit does"), effect_words(rule)),
        (text("Lines"), ", ".join(rule.lines) or text("all")),
        (text("Officers read"), rule.says or text("its name")),
        (text("Team"), rule.owner),
        (text("Legal basis"), rule.legal_basis),
        (text("Last day"), day(rule.expires_on)),
        (text("Identity of the condition"), one.identity),
    ]
    return Table(
        caption=text("Version {n}", n=one.version), head=(text("Term"), text("As it is")), rows=rows, n_texts=2
    )


def _versions(versions: Sequence[StoredRule]) -> Table:
    rows = [
        (
            f"{one.version}",
            STATES[one.state.value],
            one.made_by,
            moment(time_of(one.made_at)),
            one.approved_by or "",
            one.live_by or "",
            one.retired_by or "",
        )
        for one in reversed(versions)
    ]
    head = (
        text("Version"),
        text("State"),
        text("Written by"),
        text("Written at"),
        text("Approved by"),
        text("Put live by"),
        text("Retired by"),
    )
    return Table(caption=text("Versions, newest first"), head=head, rows=rows, n_texts=7)
