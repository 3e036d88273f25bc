"""Typologies in an office: those that are shipped, and those that were adopted as rules after a test on its past."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, replace
from datetime import datetime

from policy.rules import Checked, RuleError, nearest, read
from policy.rules import Found as Flawed
from policy.rules.rule import shown_name
from policy.typologies import Found, Match, Typology, shipped_typologies
from policy.typologies.documents import as_document, from_document
from serving.office import rules as office_rules
from serving.office.rule_names import RuleNames
from serving.office.rule_testing import PastHits, past_hits
from serving.office.rule_traces import ConditionShown, condition_shown
from serving.store import Client, Connection
from serving.store.rules import StoredRule, all_rules

HERE = "this office"
MOST_SHOWN = 3
"""Typologies that a card names, those that it matches most."""
UNUSED = dt.date(9999, 12, 31)
"""Last day of a typology that is checked and adopted by nobody."""


@dataclass(frozen=True, kw_only=True)
class Known:
    """A typology that the office knows.

    Attributes
    ----------
    stored:
        Newest version of the rule that it was adopted as; None where it was not.
    """

    typology: Typology
    stored: StoredRule | None = None

    @property
    def state(self) -> str:
        """Where it is: shipped, or in the life of its rule."""
        return "shipped" if self.stored is None else self.stored.state.value


@dataclass(frozen=True, kw_only=True)
class TypologyFact:
    """A typology that a parcel matches.

    Attributes
    ----------
    share, unknown_share:
        Weighted share of its conditions that are met, and that cannot be evaluated, 0..1.
    conditions:
        What each stands for, and what was read of the parcel.
    """

    name: str
    title: str
    share: float
    unknown_share: float
    conditions: tuple[ConditionShown, ...]
    look_for: tuple[str, ...]
    hidden_in: tuple[str, ...]


def known_typologies(connection: Connection) -> dict[str, Known]:
    """All typologies by name: adopted ones, and shipped ones that were not adopted."""
    known = {name: Known(typology=one) for name, one in shipped_typologies().items()}
    for stored in all_rules(connection):
        one = of_rule(stored)
        if one is not None:
            known[one.name] = Known(typology=one, stored=stored)
    return {name: known[name] for name in sorted(known)}


def of_rule(stored: StoredRule) -> Typology | None:
    """Typology that a rule was adopted from; None for any other rule, and where it can no longer be read."""
    try:
        return from_document(stored.rule.typology) if stored.rule.typology else None
    except RuleError:
        return None


def typology_named(connection: Connection, name: str) -> Known:
    """The typology of a name.

    Raises
    ------
    RuleError
        When there is none.
    """
    known = known_typologies(connection)
    if name not in known:
        raise RuleError(f"there is no typology {shown_name(name)}.{nearest(name[:60], known)}")
    return known[name]


def checked_typology(one: Typology, at: datetime, names: RuleNames) -> Checked:
    """Read the conditions of a typology, and run it on its example parcels.

    Raises
    ------
    RuleError
        When it cannot be used; see `policy.rules.check`.
    """
    for number, condition in enumerate(one.conditions, start=1):
        try:
            read(condition.when, lists=names.lists)
        except RuleError as error:
            raise RuleError(f"conditions, entry {number}: {error}") from None
    rule = one.rule(owner=HERE, expires_on=UNUSED, document={})
    return office_rules.checked(rule, at, names)


def tested(connection: Connection, one: Typology, since: datetime, until: datetime, names: RuleNames) -> PastHits:
    """What a typology would have matched in a part of the stored log; see `rule_testing.past_hits`."""
    return past_hits(connection, checked_typology(one, until, names), since, until, names)


def adopt(
    connection: Connection,
    one: Typology,
    person: Client,
    at: datetime,
    names: RuleNames,
    *,
    owner: str,
    expires_on: dt.date,
    found: Found,
) -> tuple[StoredRule, list[Flawed]]:
    """Keep a typology as the draft of a rule, with what it yielded here; a second person approves it.

    Raises
    ------
    RuleError
        When it cannot be used.
    """
    whole = replace(one, measured=(*(other for other in one.measured if other.where != found.where), found))
    rule = whole.rule(owner=owner, expires_on=expires_on, document=as_document(whole))
    return office_rules.draft(connection, rule, person, at, names)


def yielded(seen: PastHits, since: datetime, until: datetime) -> Found:
    """What a test found, as it is kept with the typology."""
    return Found(
        where=HERE,
        first_on=since.date(),
        last_on=until.date(),
        n_parcels=seen.tally.n,
        n_matched=seen.tally.n_hits,
        n_inspected=seen.n_inspected,
        n_found=seen.n_found,
    )


def facts_of(matches: list[Match]) -> tuple[TypologyFact, ...]:
    """Typologies that a parcel matches, those that it matches most first."""
    reached = sorted(matches, key=lambda one: (-one.share, one.typology.name))
    return tuple(map(_fact, reached[:MOST_SHOWN]))


def _fact(one: Match) -> TypologyFact:
    pairs = zip(one.typology.conditions, one.conditions, strict=True)
    return TypologyFact(
        name=one.typology.name,
        title=one.typology.title,
        share=one.share,
        unknown_share=one.unknown_share,
        conditions=tuple(replace(condition_shown(trace), condition=of.says) for of, trace in pairs),
        look_for=one.typology.look_for,
        hidden_in=one.typology.hidden_in,
    )
