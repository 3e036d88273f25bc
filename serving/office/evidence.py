"""What a bag of evidence says of a parcel: claims by name, each small enough to be withheld by itself.

Names begin with their group, as in ``declared.17.recipient_name``. What speaks for the addressee is in the groups
``against`` (what lowered the score) and ``favour`` (earlier inspections that found nothing): no edition withholds them.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import polars as pl

from features.event_rows import Row, first_at
from features.log import FACTS, HANDLING, OUTCOME, RETRACTION, STAGE
from features.messages import sentence
from features.model_store import ModelStore
from features.parcel.problems import BundleError
from features.words import FEATURE as LEARNED
from policy import draw_text, draws
from policy.seeds import commitment, day_of, seed_of
from serving.office.casework import sees_persons
from serving.office.current import Version
from serving.office.custody import exhibits_taken, ledger
from serving.office.stopping import stops_of
from serving.store import Client, Connection, Role, Scored, audit
from serving.store import log as event_log
from serving.store.lists import hits_of
from serving.store.log_changes import about
from serving.store.masking import masked_texts_of
from serving.store.policy_history import committed_days, policies_known
from serving.store.rules import rule_hits_of
from serving.store.scores import digests_between, names_of, personal_held, scores_of
from serving.store.stages import details_of
from serving.store.times import microseconds, time_of
from serving.store.vault import Vault
from serving.tlog.entries import Entry

Claims = dict[str, Any]
WITHHELD = ("audit", "custody", "lists", "model", "officer", "policy", "row", "rules", "sender", "stops")
"""Groups that the edition for disclosure leaves out: other persons, and how the office looks for parcels."""
_MOST_ENTRIES = 10_000
_HISTORY = ("recipient_key", "address_key", "sender_key")


@dataclass(frozen=True, kw_only=True)
class Sources:
    """Where claims come from: a transaction that reads, the vault, the bundles, the secret of draws, and now.

    `client` is for whom they are: an officer is given what a look-up would show, a supervisor and an auditor also what
    is masked, or under investigation.
    """

    connection: Connection
    vault: Vault
    models: ModelStore
    draw_secret: bytes
    at_us: int
    client: Client


def claims_of(of: Sources, versions: Sequence[Version], *, case: str) -> Claims:
    """Everything that is on record of a parcel, as claims that JSON can hold."""
    seqs = [one.seq for one in versions]
    scored = scores_of(of.connection, seqs, with_rows=True)
    newest = versions[-1]
    claims: Claims = {"parcel.case": case, "parcel.operator": newest.key[0], "parcel.number": newest.key[1]}
    for one in versions:
        claims |= _declared(of, one)
    for version in versions:
        if version.seq in scored:
            claims |= _scored(of, scored[version.seq], version.event)
    claims |= _in_force(of, scored.values())
    claims |= _draw(of, newest)
    claims |= dict(_handled(of, seqs))
    claims |= _custody(of, newest.key[1])
    claims |= {f"audit.{one.number}": _entry(one) for one in entries_about(of.connection, about(of.connection, seqs))}
    claims["favour.earlier_inspections"] = _earlier(of.connection, newest.event, seqs)
    claims["favour.what_it_is"] = (
        "The score is advice about a consignment. It says nothing about a person; an officer decided."
    )
    return claims


def _declared(of: Sources, version: Version) -> Claims:
    """What a version declared, and when it was known; also what is masked by now, where that may be read."""
    event, seq = version.event, version.seq
    reads_masked = of.client.role is not Role.OFFICER
    is_shown = sees_persons(of.connection, [seq], of.client)
    clear = (personal_held(of.connection, of.vault, seq, masked_too=reads_masked) if is_shown else None) or {}
    texts = masked_texts_of(of.connection, of.vault, seq) if reads_masked else {}
    known = {name: event[name] for name in FACTS if event.get(name) not in (None, [], "")}
    claims: Claims = {
        f"known.{seq}": {
            "known_at": event["known_at"].isoformat(),
            "first_lodged_at": first_at(event).isoformat(),
            "is_retracted": version.is_retracted,
            "is_masked_or_erased": not clear and is_shown,
            **({} if is_shown else {"persons_are_withheld_from": str(of.client.role)}),
        }
    }
    for name, value in {**known, **texts, **clear}.items():
        group = "sender" if name.startswith("sender_") else "declared"
        claims[f"{group}.{seq}.{name}"] = _plain(value)
    return claims


def _scored(of: Sources, scored: Scored, event: Row) -> Claims:
    seq = scored.seq
    why = scored.reasons or ()
    claims: Claims = {
        f"score.{seq}": {
            "scored_at": time_of(scored.scored_at).isoformat(),
            "raw_score": scored.raw_score,
            "probability": scored.probability,
            "share_of_population_at_least_as_high": scored.flow_share,
            "bundle": scored.bundle_id,
            "policy": scored.policy_id,
            "catalogue": scored.fingerprint,
            "what_was_missing": scored.degraded,
        },
        f"decision.{seq}": {
            "referral": scored.referral,
            "cause": scored.cause,
            "propensity": scored.propensity,
            "limit": scored.gate,
        },
        f"reasons.{seq}": [sentence(one, "en") for one in why if one.weight >= 0],
        f"against.{seq}": [sentence(one, "en") for one in why if one.weight < 0],
        f"rules.{seq}": [one.title for one, _ in rule_hits_of(of.connection, [seq]).get(seq, [])],
        f"lists.{seq}": [hit._asdict() for hit in hits_of(of.connection, [seq])],
    }
    if held := stops_of(of.connection, scored, event):
        claims[f"stops.{seq}"] = [{"line": line, "reason": reason} for line, reason in held]
    if scored.features is not None:
        claims[f"row.{seq}"] = _row(of, scored)
    return claims


def _row(of: Sources, scored: Scored) -> dict[str, Any]:
    names = names_of(of.connection, scored.fingerprint)
    digest = digests_between(of.connection, scored.seq, scored.seq)[scored.seq].digest
    return {
        "names": names,
        "row": base64.b64encode(np.asarray(scored.features, dtype="<f8").tobytes()).decode(),
        "learned": names.index(LEARNED) if names is not None and LEARNED in names else None,
        "digest": digest.hex(),
    }


def _in_force(of: Sources, scored: Iterable[Scored]) -> Claims:
    """Policies and models that were in force, the models with the signature of who approved them."""
    claims: Claims = {}
    known = policies_known(of.connection)
    for one in scored:
        if one.policy_id is not None:
            claims[f"policy.{one.policy_id}"] = json.loads(known.get(one.policy_id, "null"))
        if one.bundle_id is not None:
            claims[f"model.{one.bundle_id}"] = _model(of.models, one.bundle_id)
    return claims


def _model(models: ModelStore, bundle_id: str) -> dict[str, Any]:
    try:
        folder = models.path(bundle_id.partition("@")[0])
        return {name: json.loads((folder / name).read_text("utf-8")) for name in ("bundle.json", "signature.json")}
    except (BundleError, OSError, ValueError):
        return {"missing": "the bundle is no longer in the model store"}


def _draw(of: Sources, version: Version) -> Claims:
    """Draw of the parcel: with the seed of its day once that is over, before with its commitment alone."""
    operator, number = version.key
    first_us = microseconds(first_at(version.event))
    day = day_of(first_us)
    committed = committed_days(of.connection, [day]).get(day)
    if committed is None:
        return {"draw.day": {"day": day.isoformat(), "commitment": None}}
    claim: dict[str, Any] = {"day": day.isoformat(), "commitment": committed.commitment}
    if day_of(of.at_us) > day and commitment(seed := seed_of(of.draw_secret, day)) == committed.commitment:
        text = draw_text(operator, number, first_us)
        claim |= {"seed": seed.hex(), "text": text, "number": float(draws(seed, [text])[0])}
    return {"draw.day": claim}


def _handled(of: Sources, seqs: Sequence[int]) -> Iterator[tuple[str, Any]]:
    """Stages, outcomes and what was retracted, in the order in which they were learned."""
    events = event_log.events_at(of.connection, about(of.connection, seqs))
    details = details_of(of.connection, [event["seq"] for event in events])
    for event in events:
        known_at = event["known_at"].isoformat()
        if event["kind"] in (STAGE, OUTCOME):
            said = {name: _plain(event[name]) for name in HANDLING if event.get(name) is not None}
            yield f"{event['kind']}.{event['seq']}", {"known_at": known_at, **said}
        elif event["kind"] == RETRACTION:
            yield f"correction.{event['seq']}", {"known_at": known_at, "retracts": event["subject_seq"]}
        if event["seq"] in details:
            yield f"officer.{event['seq']}", vars(details[event["seq"]])


def _custody(of: Sources, number: str) -> Claims:
    found = (ledger(of.connection, exhibit) for exhibit in exhibits_taken(of.connection, number))
    return {
        f"custody.{one.number}": [{**asdict(entry), "at": entry.at.isoformat()} for entry in one.entries]
        for one in found
        if one is not None
    }


def entries_about(connection: Connection, seqs: Iterable[int]) -> list[Entry]:
    """Entries of the audit about any of some events, in their order."""
    found = {one.number: one for seq in seqs for one in audit.entries(connection, limit=_MOST_ENTRIES, event=seq)}
    return [found[number] for number in sorted(found)]


def _entry(entry: Entry) -> dict[str, Any]:
    return {**asdict(entry), "at": time_of(entry.at).isoformat()}


def _earlier(connection: Connection, event: Row, own: Sequence[int]) -> dict[str, dict[str, int]]:
    """Inspections of other parcels of the same parties that were known before, by what they found."""
    wanted = {name: event[name] for name in _HISTORY if event.get(name) is not None}
    found: dict[str, dict[str, int]] = {name: {"nothing_found": 0, "found": 0} for name in wanted}
    for part in event_log.parts(connection):
        before = part.filter((pl.col("seq") < event["seq"]) & pl.col("result").is_in(["found", "nothing_found"]))
        others = before.filter(~pl.col("subject_seq").is_in(list(own)))
        sign = pl.when(pl.col("kind") == RETRACTION).then(-1).otherwise(1)
        for name, key in wanted.items():
            counted = others.filter((pl.col(name) == key) & pl.col("kind").is_in([OUTCOME, RETRACTION]))
            for result, n in counted.group_by("result").agg(sign.sum()).rows():
                found[name][result] += n
    return found


def _plain(value: Any) -> Any:
    """Value that JSON can hold."""
    if isinstance(value, list):
        return [_plain(one) for one in value]
    if isinstance(value, dict):
        return {name: _plain(one) for name, one in value.items() if one is not None}
    return value.isoformat() if hasattr(value, "isoformat") else value
