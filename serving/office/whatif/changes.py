"""What is live, changed as a question asks: rules tried in place of others, drafts of lists, some left out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from features.parcel.problems import ListError, ParcelRiskError
from policy.lists import Listed
from policy.rules import Checked, Lines, RuleError, nearest, read, word_lists
from policy.rules.rule import shown_name
from serving.office.rule_names import RuleNames, is_read_by_rules, rule_names
from serving.office.rules import SHIPPED
from serving.office.whatif.asking import Question
from serving.store import Connection
from serving.store.lists import StoredList, content_of, list_named, live_lists
from serving.store.rules import live_rules
from serving.store.stops import open_stops
from serving.store.times import microseconds
from serving.store.vault import Vault


@dataclass(frozen=True, kw_only=True)
class Changes:
    """What a question changes of what is live.

    Attributes
    ----------
    rules:
        In place of the live ones of their names, or in addition.
    lists:
        Names of lists whose newest version, a draft as well, is tried.
    without:
        Names of rules and lists that are left out.
    unsaved:
        Lists that nobody has kept yet, in place of the ones of their names.
    tries_model:
        Whether the model of the question is tried in place of the one in service, so that no stop is about it.
    """

    rules: Sequence[Checked] = ()
    lists: Sequence[str] = ()
    without: Sequence[str] = ()
    unsaved: Sequence[Listed] = ()
    tries_model: bool = False


def question_of(
    connection: Connection, vault: Callable[[], Vault], question: Question, changes: Changes, at: datetime, lines: Lines
) -> Question:
    """The question with the rules, lists and stops of the score that are live, changed as it asks.

    Parameters
    ----------
    vault:
        Opens what lists have under seal; called where there is a list.
    lines:
        Of the office, on which rules may act.

    Raises
    ------
    ParcelRiskError
        When a name is that of no rule or list.
    """
    names = names_for(connection, vault, lines, at)
    rules = rules_with(connection, changes.rules, at, names)
    stored = {one.terms.name: one for one in live_lists(connection)} | _drafts(connection, changes.lists)
    for name in changes.without:
        if name not in rules and name not in stored:
            raise ParcelRiskError(f"there is no live rule or list {name[:60]}.{nearest(name, [*rules, *stored])}")
    gone = {*changes.without, *(one.terms.name for one in changes.unsaved)}
    lists = [_listed(connection, vault(), one) for name, one in stored.items() if name not in gone]
    lists += changes.unsaved
    words = {**word_lists()} | {one.terms.name: _words_of(one, at) for one in lists if is_read_by_rules(one.terms)}
    kept = [one for name, one in rules.items() if name not in changes.without]
    stops = () if changes.tries_model else open_stops(connection)
    return replace(question, rules=kept, lists=lists, words=words, stops=stops)


def names_for(connection: Connection, vault: Callable[[], Vault], lines: Lines, at: datetime) -> RuleNames:
    """What rules may name; the vault is opened where the office has a list of words or codes."""
    if any(is_read_by_rules(one.terms) for one in live_lists(connection)):
        return rule_names(connection, vault(), lines, at)
    return RuleNames(lines=lines)


def _words_of(one: Listed, at: datetime) -> frozenset[str]:
    """Words and codes of a list; none where it cannot be read or has expired."""
    if one.content is None or one.terms.has_expired(at.date()):
        return frozenset()
    return one.content.words(microseconds(at))


def rules_with(
    connection: Connection, tried: Sequence[Checked], at: datetime, names: RuleNames = SHIPPED
) -> dict[str, Checked]:
    """Rules that are live, by name, with those that are tried in place of the ones of their names."""
    return {one.rule.name: one for one in _live(connection, at, names)} | {one.rule.name: one for one in tried}


def _live(connection: Connection, at: datetime, names: RuleNames) -> list[Checked]:
    """Live rules that can be read."""
    found = []
    for one in live_rules(connection):
        try:
            tree = read(one.rule.when, lists=names.lists)
        except RuleError:
            continue
        if one.rule.expires_on >= at.date():
            # A line that is gone restricts it no more.
            kept = one.rule if set(one.rule.lines) <= names.lines.keys() else replace(one.rule, lines=())
            found.append(Checked(rule=kept, tree=tree, lines=names.lines))
    return found


def _drafts(connection: Connection, names: Sequence[str]) -> dict[str, StoredList]:
    found = {}
    for name in names:
        one = list_named(connection, name)
        if one is None:
            raise ListError(f"there is no list {shown_name(name)}. `parcel-risk list lists` names all.")
        found[name] = one
    return found


def _listed(connection: Connection, vault: Vault, one: StoredList) -> Listed:
    """A list; without its content where that cannot be read."""
    digest = f"{one.list_id} {one.version} {one.terms}"
    try:
        content = content_of(connection, vault, one)
    except ParcelRiskError:
        content = None
    return Listed(number=one.list_id, terms=one.terms, content=content, digest=digest)
