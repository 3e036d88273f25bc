"""Recall parcels that a search of the past matched: each is scored again and referred, under a cause of its own.

The referral is no part of the policy: it comes from what somebody learned later, so that the propensity stays that of
the policy, and an outcome that follows from it stands for no other parcel.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from features.parcel.problems import ListError
from policy import Ask, Referral
from policy.lists import Listed, ListIndex
from policy.rules import Checked, RuleError
from policy.rules.rule import shown_name
from serving.office.handled import handled_parcels, stored_keys
from serving.office.hunting import Hunted, Match
from serving.office.list_keeping import MAKING, the_list
from serving.office.office import Office
from serving.office.rule_names import RuleNames
from serving.office.rules import checked
from serving.office.scoring import rescore
from serving.office.sought import Sought, SoughtList, SoughtRule, SoughtSiblings
from serving.office.typologies import checked_typology, typology_named
from serving.office.writer import Transaction
from serving.store import Client, Connection
from serving.store.database import note
from serving.store.hunts import StoredHunt, put_hunt, put_recalls
from serving.store.lists import content_of
from serving.store.rules import all_rules
from serving.store.times import microseconds
from serving.store.vault import Vault

HUNTERS = MAKING
"""Who searches the past and recalls."""
MOST_RECALLED = 500
"""Parcels that one search recalls at once, the most urgent first; run it again for more."""
KINDS = ("rule", "list", "typology", "finding")


def sought(
    connection: Connection, vault: Vault, kind: str, name: str, at: datetime, names: RuleNames, asks: Referral | None
) -> Sought:
    """What to look for.

    Parameters
    ----------
    kind:
        One of ``KINDS``; the name of a finding is the number of its parcel.
    asks:
        What is asked of a match, in place of what the rule, list or typology asks; a finding asks for opening.

    Raises
    ------
    RuleError, ListError
        When there is none.
    TooLong
        When a number has more characters than are understood.
    """
    match kind:
        case "rule":
            return _rule(connection, name, at, names, asks)
        case "typology":
            one = typology_named(connection, name).typology
            return _of_rule(f"typology {name}", checked_typology(one, at, names), names, asks or one.refer)
        case "list":
            return _list(connection, vault, name, at, asks)
        case "finding":
            return _siblings(connection, name, asks or Referral.OPEN)
    raise RuleError(f"nothing of the kind {kind[:40]} is searched for. Give one of {', '.join(KINDS)}.")


def _rule(connection: Connection, name: str, at: datetime, names: RuleNames, asks: Referral | None) -> SoughtRule:
    versions = all_rules(connection, name)
    if not versions:
        raise RuleError(f"there is no rule {shown_name(name)}. `parcel-risk rule list` lists them.")
    newest = versions[-1]
    wanted = asks or newest.rule.refer
    if wanted is None:
        raise RuleError(f"{newest.title} raises the score and asks for nothing. Say what is asked of a match.")
    return _of_rule(f"rule {newest.title}", checked(newest.rule, at, names), names, wanted)


def _of_rule(title: str, one: Checked, names: RuleNames, asks: Referral) -> SoughtRule:
    return SoughtRule(title=title, asks=asks, checked=one, lists=names.lists)


def _list(connection: Connection, vault: Vault, name: str, at: datetime, asks: Referral | None) -> SoughtList:
    one = the_list(connection, name)
    wanted = asks or one.terms.asks
    if wanted is None:
        raise ListError(f"the list {name} asks for nothing. Say what is asked of a match.")
    listed = Listed(number=one.list_id, terms=one.terms, content=content_of(connection, vault, one))
    title = f"list {one.terms.name} {one.version}"
    return SoughtList(title=title, asks=wanted, index=ListIndex([listed]), at_us=microseconds(at))


def _siblings(connection: Connection, number: str, asks: Referral) -> SoughtSiblings:
    key = stored_keys(connection, [(None, number)]).get((None, number))
    if key is None:
        raise ListError("no parcel has this number, or several have. Check it.")
    subject = handled_parcels(connection, [key])[key].subject
    return SoughtSiblings(title=f"finding at event {subject['seq']}", asks=asks, subject=subject)


def recall(
    office: Office, transaction: Transaction, found: Hunted, asks: Referral, client: Client, *, is_covert: bool = False
) -> list[Match]:
    """Refer what can still be recalled, unless as much is asked of it already; return what was referred now.

    Run again, it asks for nothing twice. Where it is covert, the operator is not shown.
    """
    at_us = microseconds(office.clock())
    wanted = [one for one in found.in_reach if _asks_more(one, asks)][:MOST_RECALLED]
    hunt_id = put_hunt(transaction.connection, _stored(found, at_us, client, len(wanted)))
    ask = Ask(referral=asks, hits=(f"hunt:{found.title}",), is_covert=is_covert or found.is_covert)
    scored = [rescore(office, transaction, one.current, {}, client, recalled=ask) for one in wanted]
    seqs = [one.seq for one in scored if one is not None]
    put_recalls(transaction.connection, hunt_id, dict.fromkeys(seqs, asks.value))
    note_hunt(transaction.connection, found, at_us, client, seqs)
    return wanted


def look(connection: Connection, found: Hunted, at: datetime, client: Client) -> None:
    """Keep that somebody searched, without recalling anything."""
    put_hunt(connection, _stored(found, microseconds(at), client, 0))
    note_hunt(connection, found, microseconds(at), client, [])


def note_hunt(connection: Connection, found: Hunted, at_us: int, client: Client, seqs: Sequence[int]) -> None:
    """Write a search to the audit."""
    action = "recalled" if seqs else "past searched"
    detail = f"{found.title}: {found.n_matched} matched, {len(found.in_reach)} in reach, {len(seqs)} referred"
    note(connection, at_us=at_us, client_id=client.client_id, action=action, seqs=list(seqs), detail=detail)


def _asks_more(one: Match, asks: Referral) -> bool:
    standing = one.current.standing()
    return one.current.scored is not None and (standing is None or standing.referral.strength < asks.strength)


def _stored(found: Hunted, at_us: int, client: Client, n_referred: int) -> StoredHunt:
    return StoredHunt(
        sought=found.title,
        at=at_us,
        by=client.client_id,
        n_parcels=found.n_parcels,
        n_matched=found.n_matched,
        n_in_reach=len(found.in_reach),
        n_referred=n_referred,
    )
