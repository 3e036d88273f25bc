"""The life of a rule: a draft, approved by a second person, live, retired.

Every step is written to the audit with the name, the version and the identity of the rule.
"""

from __future__ import annotations

from datetime import datetime

from policy.rules import Checked, Flaw, Found, Rule, RuleError, analysed, check, nearest, read
from policy.rules.rule import shown_name
from serving.office.rule_names import RuleNames
from serving.store import Client, Connection, Role
from serving.store.database import note
from serving.store.rules import State, StoredRule, add_rule, all_rules, approve_rule, live_rules, put_live, retire_rule
from serving.store.times import microseconds

WRITERS = (Role.ANALYST, Role.SUPERVISOR)
"""Who writes rules and puts them live."""
APPROVERS = (Role.SUPERVISOR, Role.ANALYST)
"""Who approves the rule of another person."""
SHIPPED = RuleNames()
"""Without an office: the lists that are shipped, and no line."""
_STOPS = {Flaw.NEVER, Flaw.ALWAYS, Flaw.SAME, Flaw.DEAD}
"""With one of these no rule goes live."""


def checked(rule: Rule, at: datetime, names: RuleNames = SHIPPED) -> Checked:
    """Read the condition of a rule, and run it on its test parcels; `names` are the lists and lines it may name.

    Raises
    ------
    RuleError
        When it cannot be used.
    """
    return check(rule, today=at.date(), lists=names.lists, lines=names.lines)


def flaws(connection: Connection, one: Checked, at: datetime, names: RuleNames = SHIPPED) -> list[Found]:
    """What is wrong with a rule among those that are live, whatever its version is."""
    others = [_as_checked(other, names) for other in live_rules(connection) if other.rule.name != one.rule.name]
    found = analysed([one, *(other for other in others if other is not None)], today=at.date())
    return [flaw for flaw in found if one.rule.name in (flaw.rule, flaw.other)]


def _as_checked(one: StoredRule, names: RuleNames) -> Checked | None:
    """A stored rule with its tree; None where it can no longer be read."""
    try:
        return Checked(rule=one.rule, tree=read(one.rule.when, lists=names.lists))
    except RuleError:
        return None


def draft(
    connection: Connection, rule: Rule, person: Client, at: datetime, names: RuleNames = SHIPPED
) -> tuple[StoredRule, list[Found]]:
    """Keep a new version of a rule; return it with what is wrong with it among those that are live.

    Raises
    ------
    RuleError
        When it cannot be used; nothing is kept then.
    """
    one = checked(rule, at, names)
    stored = add_rule(connection, one, at_us=microseconds(at), by=person.client_id)
    _note(connection, stored, "rule drafted", person, at)
    return stored, flaws(connection, one, at, names)


def approve(connection: Connection, name: str, person: Client, at: datetime, names: RuleNames = SHIPPED) -> StoredRule:
    """Approve the newest draft of a rule.

    Raises
    ------
    RuleError
        When there is none, the person wrote it, or it can no longer be used.
    """
    stored = _newest(connection, name, State.DRAFT)
    if stored.made_by == person.client_id:
        raise RuleError(f"{person.client_id} wrote {stored.title}; a second person approves it.")
    checked(stored.rule, at, names)
    stored = approve_rule(connection, stored.rule_id, at_us=microseconds(at), by=person.client_id)
    _note(connection, stored, "rule approved", person, at)
    return stored


def go_live(
    connection: Connection, name: str, person: Client, at: datetime, names: RuleNames = SHIPPED
) -> tuple[StoredRule, list[Found]]:
    """Put the newest approved version of a rule live, in place of the one before; return it with what is to be known.

    Raises
    ------
    RuleError
        When there is none, it can no longer be used, is never or always true, says the same as another one, or reads
        what has changed.
    """
    stored = _newest(connection, name, State.APPROVED)
    found = [*_dead(stored, names), *flaws(connection, checked(stored.rule, at, names), at, names)]
    stops = [flaw for flaw in found if flaw.flaw in _STOPS and flaw.rule == name]
    if stops:
        raise RuleError(f"{stored.title} does not go live: {stops[0].flaw}. {stops[0].says}")
    for before in all_rules(connection, name):
        if before.state is State.LIVE:
            retire_rule(connection, before, at_us=microseconds(at), by=person.client_id)
            _note(connection, before, "rule replaced", person, at)
    stored = put_live(connection, stored.rule_id, at_us=microseconds(at), by=person.client_id)
    _note(connection, stored, "rule live", person, at)
    return stored, found


def retire(connection: Connection, name: str, person: Client, at: datetime) -> list[StoredRule]:
    """Retire every version of a rule that is not retired yet.

    Raises
    ------
    RuleError
        When there is none.
    """
    left = [one for one in all_rules(connection, name) if one.state is not State.RETIRED]
    if not left:
        raise _unknown(connection, name, "that is not retired")
    retired = [retire_rule(connection, one, at_us=microseconds(at), by=person.client_id) for one in left]
    for one in retired:
        _note(connection, one, "rule retired", person, at)
    return retired


def _dead(stored: StoredRule, names: RuleNames) -> list[Found]:
    lost = ", ".join([*stored.reads.lost().values(), *lost_names(stored, names)])
    return [Found(rule=stored.rule.name, flaw=Flaw.DEAD, says=f"{lost}. Write a new version.")] if lost else []


def lost_names(stored: StoredRule, names: RuleNames) -> list[str]:
    """Lists and lines that a rule names and that are gone."""
    lists = [f"list {name} (gone)" for name in stored.reads.lists if name not in names.lists]
    return [*lists, *(f"line {name} (gone)" for name in stored.rule.lines if name not in names.lines)]


def set_flaws(connection: Connection, at: datetime, names: RuleNames = SHIPPED) -> list[Found]:
    """What is wrong with the rules that are live, as a set."""
    live = live_rules(connection)
    readable = [one for one in (_as_checked(one, names) for one in live) if one is not None]
    return [*(found for one in live for found in _dead(one, names)), *analysed(readable, today=at.date())]


def readers_of(connection: Connection, name: str) -> list[str]:
    """Names of live rules that read a list."""
    return [one.rule.name for one in live_rules(connection) if name in one.reads.lists]


def _newest(connection: Connection, name: str, state: State) -> StoredRule:
    found = [one for one in all_rules(connection, name) if one.state is state]
    if not found:
        raise _unknown(connection, name, "to be approved" if state is State.DRAFT else "that is approved and not live")
    return found[-1]


def _unknown(connection: Connection, name: str, which: str) -> RuleError:
    known = sorted({one.rule.name for one in all_rules(connection)})
    return RuleError(f"there is no version of {shown_name(name)} {which}.{nearest(name, known)}")


def _note(connection: Connection, one: StoredRule, action: str, person: Client, at: datetime) -> None:
    detail = f"{one.title} {one.identity}"
    note(connection, at_us=microseconds(at), client_id=person.client_id, action=action, seqs=[], detail=detail)
