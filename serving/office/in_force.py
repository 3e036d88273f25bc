"""What was in force at a time, and under what a parcel was decided on: for a court, an auditor, or an office that asks.

Rules, lists and capacities keep every version with the steps of its life and who took them; each decision names its
policy, whose settings are kept. The digests in those settings are made again from what was live: where they are the
same, it is proven that exactly these rules and lists decided.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from features.parcel.numbers import lodged_number
from features.parcel.problems import ParcelRiskError
from policy.seeds import day_of
from serving.office import listing, ruling
from serving.office.current import versions_of
from serving.store import Connection, Scored
from serving.store.audit import entries
from serving.store.lists import Hit, StoredList, hits_of, lists_live_at
from serving.store.policy_history import CommittedDay, SavedCapacity, capacity_in_force, committed_days, policy_known
from serving.store.rules import StoredRule, rule_hits_of, rules_live_at
from serving.store.scores import scores_of
from serving.store.stops import stops_at
from serving.store.volumes import last_until
from serving.tlog.entries import Entry

_RELEASES = ("model approved", "model rolled back")


@dataclass(frozen=True, kw_only=True)
class PolicyAt:
    """What was in force at a time.

    Attributes
    ----------
    at_us:
        Microseconds since 1970.
    decided:
        The last decision until then; None before the first. It names the policy and the model that answered.
    settings:
        Settings of that policy: shares of capacity and chance, digests of gate, rules and lists. Empty without one.
    released:
        Entry of the audit by which a model was approved, or put into service again; None before the first.
    rules, lists:
        Those that were live, each with who wrote and who approved it; a list whose last day is over asks for nothing.
    capacity:
        Shifts that had been approved; None where the share of the settings held.
    seed:
        The commitment to the seed that the parcels of that day are drawn by; None before there were any.
    stops:
        Stops of the score that held, of one line or of all, as `serving.store.stops` keeps them.
    """

    at_us: int
    decided: Scored | None
    settings: Mapping[str, Any]
    released: Entry | None
    rules: tuple[StoredRule, ...]
    lists: tuple[StoredList, ...]
    capacity: SavedCapacity | None
    seed: CommittedDay | None
    stops: tuple[Mapping[str, Any], ...] = ()


@dataclass(frozen=True, kw_only=True)
class DecidedUnder:
    """A decision on a parcel, and what it was made under.

    Attributes
    ----------
    version:
        Of the declaration.
    rules:
        Rules that hit, each with whether all of it could be evaluated.
    lists:
        Entries of lists that the parcel met.
    in_force:
        What was in force when it was decided on.
    is_proven:
        Whether the rules and lists named here are those that the policy of the decision stands for.
    """

    version: int
    scored: Scored
    rules: Sequence[tuple[StoredRule, bool]]
    lists: Sequence[Hit]
    in_force: PolicyAt
    is_proven: bool


def typology_name(one: StoredRule) -> str | None:
    """Name of the typology that a rule was adopted from; None for any other rule."""
    return str(one.rule.typology["name"]) if one.rule.typology.get("name") else None


def policy_at(connection: Connection, at_us: int) -> PolicyAt:
    """What was in force at a time, microseconds since 1970."""
    last = last_until(connection, at_us)
    decided = None if last is None else scores_of(connection, [last])[last]
    return _in_force(connection, at_us, decided)


def decisions_on(connection: Connection, operator: str, number: str) -> list[DecidedUnder]:
    """Decisions on the versions of a parcel, oldest first, each with what was in force when it was made.

    Raises
    ------
    ParcelRiskError
        When there is none.
    """
    versions = [one for one in versions_of(connection, [lodged_number(number)]) if one.key[0] == operator]
    scored = scores_of(connection, [one.seq for one in versions])
    if not scored:
        raise ParcelRiskError("there is no decision on a parcel of this operator and number. Check both.")
    rules = rule_hits_of(connection, scored)
    lists = hits_of(connection, scored)
    return [
        _under(connection, one.event["version"] or 1, scored[one.seq], rules.get(one.seq, []), lists)
        for one in versions
        if one.seq in scored
    ]


def _under(
    connection: Connection, version: int, scored: Scored, rules: list[tuple[StoredRule, bool]], lists: list[Hit]
) -> DecidedUnder:
    found = _in_force(connection, scored.scored_at, scored)
    is_proven = bool(found.settings) and all(
        found.settings.get(name, "") == digest for name, digest in _digests(found).items()
    )
    mine = [one for one in lists if one.seq == scored.seq]
    return DecidedUnder(version=version, scored=scored, rules=rules, lists=mine, in_force=found, is_proven=is_proven)


def _in_force(connection: Connection, at_us: int, decided: Scored | None) -> PolicyAt:
    settings = None if decided is None else policy_known(connection, decided.policy_id)
    day = day_of(at_us)
    return PolicyAt(
        at_us=at_us,
        decided=decided,
        settings=json.loads(settings) if settings else {},
        released=_released(connection, at_us),
        rules=tuple(one for one in rules_live_at(connection, at_us) if one.rule.expires_on >= day),
        lists=tuple(lists_live_at(connection, at_us)),
        capacity=capacity_in_force(connection, at_us),
        seed=committed_days(connection, [day]).get(day),
        stops=tuple(stops_at(connection, at_us)),
    )


def _released(connection: Connection, at_us: int) -> Entry | None:
    """The last entry about a model in service."""
    found = [
        entry
        for action in _RELEASES
        for entry in entries(connection, limit=1, action=action, until_us=at_us, is_newest_first=True)
    ]
    return max(found, key=lambda entry: entry.number, default=None)


def _digests(found: PolicyAt) -> dict[str, str]:
    """Digests of what was live, as the settings of a policy have them."""
    return {"rules": ruling.digest_of((one, ()) for one in found.rules), "lists": listing.digest_of(found.lists)}
