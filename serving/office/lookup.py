"""Look up the answers on record for an identifier, and write down who looked."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from features.event_rows import Row, first_at
from features.handling import outcome_of
from features.handling.direction import Directed, directed
from features.handling.states import Position
from features.parcel.flags import QUALITY_FLAGS
from features.reasons import Reason
from policy.rules import of_events
from serving.office.amending import Instead, shown_instead
from serving.office.answers import Answer, answer
from serving.office.casework import sees_persons
from serving.office.current import Life, Version, outcome_in_force, outcomes_of, versions_of
from serving.office.explaining import explained
from serving.office.handled import entry_of, stages_of
from serving.office.office import Office
from serving.office.reads import More
from serving.office.repeated import lane_counts, repeated_openings
from serving.office.resolving import Nothing, nothing, resolve
from serving.office.rule_traces import RuleTrace, row_of, rule_traces
from serving.office.ruling import Held
from serving.office.stopping import stops_of
from serving.office.typologies import TypologyFact, facts_of
from serving.office.whereabouts import position
from serving.store import Client, Connection, Scored
from serving.store.clients import INSPECTING
from serving.store.identifiers import Kind
from serving.store.lists import Hit, hits_of
from serving.store.movements import Movement, movements_of
from serving.store.observations import observations_of
from serving.store.read_spool import Look
from serving.store.rules import StoredRule, rule_hits_of
from serving.store.scans import Scan, scans_of
from serving.store.scores import insert_explanation, names_of, personal_of, scores_of
from serving.store.times import microseconds

MOST_SHOWN = 20
"""Parcels of one bill or receptacle that are answered at once."""


@dataclass(frozen=True, kw_only=True)
class LookedUp:
    """An answer on record.

    Attributes
    ----------
    result:
        Outcome on record; None when there is none yet.
    label:
        Personal fields, to compare with the label on the parcel; empty unless asked for.
    facts:
        Columns of the parcel event.
    movements:
        What happened to the parcel since, oldest first, as its operator reports it.
    position:
        Where it is, by these and by what customs itself saw.
    direction:
        Which way it goes, and what that is known from.
    others:
        Other operators who lodged a parcel under this identifier; officers see them.
    rules:
        Rules that hit any version of it, each with its version; officers see them.
    lists:
        Entries of lists that any version of it met; officers see them.
    traces:
        Rules that are live and that it hit, condition by condition, and those that it barely missed; officers see them.
    typologies:
        Typologies that it matches; officers see them.
    is_row_kept:
        Whether its feature row is stored; reasons that were not worked out before cannot be found without it.
    repeated:
        Inspections without a finding at its address, where they are so many that a supervisor opens it; else 0.
    on_lane:
        Parcels of its lane that were inspected before it was scored, and findings among them; None where not known.
    why:
        What raised the score and what lowered it, as facts, weightiest first of each.
    stops:
        Where a person had stopped the score: line (None: all) and reason of each stop that held; officers see them.
    """

    answer: Answer
    result: str | None
    label: dict[str, str]
    facts: dict[str, Any]
    movements: list[Movement]
    position: Position
    direction: Directed
    others: list[str]
    rules: list[str]
    lists: list[str]
    traces: tuple[RuleTrace, ...]
    typologies: tuple[TypologyFact, ...]
    is_row_kept: bool
    repeated: int = 0
    on_lane: tuple[int, int] | None = None
    why: tuple[Reason, ...] = ()
    stops: tuple[tuple[str | None, str], ...] = ()


@dataclass(frozen=True, kw_only=True)
class _OnRecord:
    """What the store holds of one parcel."""

    scored: Scored
    names: tuple[str, ...] | None
    version: Version
    result: str | None
    label: dict[str, str]
    movements: list[Movement]
    position: Position
    direction: Directed
    rules: list[str]
    lists: list[str]
    hits: tuple[int, ...]
    stops: tuple[tuple[str | None, str], ...]


@dataclass(frozen=True, kw_only=True)
class LookUp:
    """What is on record for a reading.

    Attributes
    ----------
    parcels:
        Answers, newest first.
    kind:
        What the reading names: the parcel itself, or a bill or receptacle that may cover several.
    n_parcels:
        How many it covers; of more than ``MOST_SHOWN`` only so many are answered.
    nothing:
        Where there is no parcel: what can be said instead.
    is_logged:
        Whether the look is in the audit, or durable until it is; otherwise nothing personal is shown.
    """

    parcels: list[LookedUp]
    kind: Kind = Kind.SPELLING
    n_parcels: int = 0
    nothing: Nothing | None = None
    is_logged: bool = True


def look_up(office: Office, reading: str, client: Client, *, with_label: bool = False) -> LookUp:
    """Answers for a reading, each for the current version of its parcel; operators see their own parcels only.

    Reading waits for no writer; the reasons are worked out outside of any transaction.

    Raises
    ------
    TooLong
        When the reading has more characters than are understood.
    """
    own = None if client.role in INSPECTING else client.operator or ""
    with office.store.begin_read() as connection:
        resolved = resolve(connection, reading, own)
        shown = set(resolved.parcels[:MOST_SHOWN])
        versions = versions_of(connection, {parcel_id for _, parcel_id in shown})
        claims: dict[str, set[str]] = {}
        for version in versions:
            claims.setdefault(version.key[1], set()).add(version.key[0])
        mine = [version for version in versions if version.key in shown]
        seqs_of = {one.life: [each.seq for each in mine if each.life == one.life] for one in mine}
        on_record = [
            one if sees_persons(connection, seqs_of[one.version.life], client) else replace(one, label={})
            for one in _on_record(office, connection, mine, with_label=with_label)
        ]
        instead = shown_instead(connection, (one.scored.seq for one in on_record), office.clock()) if own else {}
        unknown = None if on_record else _nothing(office, connection, reading, own, is_past=bool(mine))
    known = [one.scored for one in on_record]
    why = [explained(office, one.scored, one.version.event, one.names) for one in on_record]
    at_us = microseconds(office.clock())
    look = Look(at_us=at_us, client_id=client.client_id, action="viewed", seqs=[one.seq for one in known])
    is_logged = office.writer.reads.add(look, _explanations(known, why, at_us))
    if not is_logged:
        on_record = [replace(one, label={}) for one in on_record]  # what cannot be logged is not shown
    pairs = zip(on_record, why, strict=True)
    live = office.rules.held(office.clock().date()) if own is None and on_record else None
    return LookUp(
        parcels=[
            replace(
                _looked_up(one, scored, claims[one.version.key[1]], live, instead.get(scored.seq)),
                repeated=repeated_openings(office, scored, one.names) if live else 0,
            )
            for one, scored in pairs
        ],
        kind=resolved.kind,
        n_parcels=len(resolved.parcels),
        nothing=unknown,
        is_logged=is_logged,
    )


def _nothing(office: Office, connection: Connection, reading: str, own: str | None, *, is_past: bool) -> Nothing:
    return Nothing(is_past=True) if is_past else nothing(connection, office.secrets.vault, reading, own)


def _explanations(known: list[Scored], why: list[Scored], at_us: int) -> More | None:
    """What a look writes: reasons that were worked out for it."""
    fresh = [after for before, after in zip(known, why, strict=True) if after is not before]

    def write(connection: Connection) -> None:
        for one in fresh:
            insert_explanation(connection, one, at_us=at_us)

    return write if fresh else None


def _on_record(office: Office, connection: Connection, versions: list[Version], *, with_label: bool) -> list[_OnRecord]:
    """Scored parcels among the `versions`, newest first."""
    outcomes = outcomes_of(connection, versions)
    stages, lives = stages_of(connection, versions), {one.seq: one.life for one in versions}
    labels = {lives[seq]: one.direction for seq, one in observations_of(connection, lives).items()}
    scans: dict[Life, list[Scan]] = {}
    for scan in scans_of(connection, lives):
        scans.setdefault(lives[scan.seq], []).append(scan)
    rules: dict[Life, dict[str, None]] = {}
    rule_hits = rule_hits_of(connection, lives)
    for seq, hits in rule_hits.items():
        rules.setdefault(lives[seq], {}).update((_named(rule, is_whole), None) for rule, is_whole in hits)
    lists: dict[Life, dict[str, None]] = {}
    for hit in hits_of(connection, lives):
        lists.setdefault(lives[hit.seq], {})[_listed(hit)] = None
    current = {version.life: version for version in versions}
    scored = scores_of(connection, [version.seq for version in current.values()], with_rows=True)
    newest_last = sorted((one for one in current.values() if one.seq in scored), key=lambda one: one.seq)
    found = []
    for version in reversed(newest_last):
        life = version.life
        movements = movements_of(connection, *version.key, since=first_at(version.event))
        found.append(
            _OnRecord(
                scored=scored[version.seq],
                names=names_of(connection, scored[version.seq].fingerprint),
                version=version,
                result=_result(outcomes.get(life, []), stages.get(life, [])),
                label=personal_of(connection, office.secrets.vault, version.seq) if with_label else {},
                movements=movements,
                position=position(version, movements, stages.get(life, []), scans.get(life, [])),
                direction=directed(
                    version.event, office.gate.country, label=labels.get(life), codes={one.code for one in movements}
                ),
                rules=list(rules.get(life, ())),
                lists=list(lists.get(life, ())),
                hits=tuple(rule.rule_id for rule, _ in rule_hits.get(version.seq, ())),
                stops=stops_of(connection, scored[version.seq], version.event),
            )
        )
    return found


def _named(rule: StoredRule, is_whole: bool) -> str:
    return rule.title if is_whole else f"{rule.title} (in part: it reads what has changed)"


def _listed(hit: Hit) -> str:
    alike = "" if hit.similarity is None else f", {hit.similarity:.0%} alike"
    return f"{hit.name} {hit.version} (entry {hit.entry}{alike})"


def _result(outcomes: list[Row], stages: list[Row]) -> str | None:
    """Outcome on record, or what the stages give where it is not recorded: of a test parcel."""
    if outcomes:
        return str(outcome_in_force(outcomes)["result"])
    derived = outcome_of([entry_of(one) for one in stages])
    return derived.result.value if derived else None


def _looked_up(
    one: _OnRecord, scored: Scored, operators: set[str], live: Held | None, instead: Instead | None
) -> LookedUp:
    """What is answered; `live` are the rules of now, None for whoever may not see rules and lists."""
    event = one.version.event
    operator, parcel_id = one.version.key
    words = answer(
        scored,
        parcel_id=parcel_id,
        operator=operator,
        quality_flags=event[QUALITY_FLAGS] or [],
        status="cancelled" if one.version.is_retracted else "scored",
        version=event["version"] or 1,
        n_other_claims=len(operators) - 1,
    )
    is_inspecting, row = live is not None, row_of(scored, one.names)
    return LookedUp(
        answer=words if instead is None else instead.of(words),
        result=one.result,
        label=one.label,
        facts=event,
        movements=one.movements,
        position=one.position,
        direction=one.direction,
        others=sorted(operators - {operator}) if is_inspecting else [],
        rules=one.rules if is_inspecting else [],
        lists=one.lists if is_inspecting else [],
        traces=() if live is None else rule_traces(live, event, row, one.hits),
        typologies=() if live is None or row is None else facts_of(live.matcher.matches(of_events([event], row))),
        is_row_kept=scored.features is not None,
        on_lane=lane_counts(row) if is_inspecting else None,
        why=tuple(scored.reasons or ()),
        stops=one.stops if is_inspecting else (),
    )
