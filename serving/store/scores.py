"""Answers as they were given: feature row, score, decision, and the personal data under encryption."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from sqlalchemy import Connection, select, text

from features.declared.declare import Floats
from features.reasons import Reason
from serving.store.statements import Statement, insertion
from serving.store.tables import catalogues, explanations, personal, scores
from serving.store.vault import Ciphers, Content, Vault

_AT_ONCE = 5_000


@dataclass(frozen=True, kw_only=True)
class Scored:
    """One scoring, as stored.

    Attributes
    ----------
    seq:
        Sequence number of the parcel event.
    content:
        Keyed digest of the lodged row.
    features:
        Feature row, shape ``(k,)``.
    bundle_id, raw_score, probability, flow_share:
        None when no model was serving. ``flow_share`` is the share of the mail flow that scores at least as high.
    degraded:
        What was missing when the answer was given; None when nothing was.
    reasons:
        None until somebody looked.
    """

    seq: int
    content: str
    scored_at: int
    fingerprint: str
    features: Floats
    bundle_id: str | None
    raw_score: float | None
    probability: float | None
    flow_share: float | None
    referral: str
    cause: str
    propensity: float
    degraded: str | None
    policy_id: str | None = None
    reasons: tuple[Reason, ...] | None = None


def insert_scores(connection: Connection, rows: list[Scored], names: tuple[str, ...]) -> None:
    """Store answers next to their events; `names` are those of the columns of the feature rows."""
    if not rows:
        return
    _INSERT.run(connection, [_row(scored) for scored in rows])
    for scored in rows:
        if scored.reasons is not None:
            insert_explanation(connection, scored, at_us=scored.scored_at)
    _note_names(connection, rows[0].fingerprint, names)


_INSERT = insertion(scores)


def _note_names(connection: Connection, fingerprint: str, names: tuple[str, ...]) -> None:
    _NOTE_NAMES.run(connection, {"fingerprint": fingerprint, "names": _text_of(names)})


@lru_cache(maxsize=4)
def _text_of(names: tuple[str, ...]) -> str:
    return json.dumps(names)


_NOTE_NAMES = Statement(
    text("INSERT INTO catalogues (fingerprint, names) VALUES (:fingerprint, :names) ON CONFLICT DO NOTHING")
)


def names_of(connection: Connection, fingerprint: str) -> tuple[str, ...] | None:
    """Names of the columns of feature rows stored under `fingerprint`; None where they were not noted."""
    text = connection.execute(select(catalogues.c.names).where(catalogues.c.fingerprint == fingerprint)).scalar()
    return tuple(json.loads(text)) if text is not None else None


def insert_explanation(connection: Connection, scored: Scored, *, at_us: int) -> None:
    """Add the reasons of an answer; earlier ones stay."""
    facts = json.dumps([reason.as_dict() for reason in scored.reasons or ()])
    connection.execute(explanations.insert().values(seq=scored.seq, explained_at=at_us, facts=facts))


def _row(scored: Scored) -> dict[str, object]:
    row = dict(vars(scored))
    row["features"] = np.asarray(scored.features, dtype="<f8").tobytes()
    del row["reasons"]
    return row


def scores_of(connection: Connection, seqs: Iterable[int]) -> dict[int, Scored]:
    """Stored answers by sequence number, each with its latest explanation."""
    wanted = list(seqs)
    found: dict[int, Scored] = {}
    for start in range(0, len(wanted), _AT_ONCE):
        part = wanted[start : start + _AT_ONCE]
        why = _explained(connection, part)
        for row in connection.execute(select(scores).where(scores.c.seq.in_(part))):
            found[row.seq] = _scored(dict(row._mapping), why.get(row.seq))
    return found


def _explained(connection: Connection, seqs: list[int]) -> dict[int, tuple[Reason, ...]]:
    query = select(explanations.c.seq, explanations.c.facts).where(explanations.c.seq.in_(seqs))
    rows = connection.execute(query.order_by(explanations.c.id))
    return {seq: tuple(Reason.from_dict(fact) for fact in json.loads(facts)) for seq, facts in rows}


def all_scores(connection: Connection) -> dict[int, Scored]:
    """Every stored answer, without explanations."""
    return {row.seq: _scored(dict(row._mapping), None) for row in connection.execute(select(scores))}


def _scored(row: dict[str, object], reasons: tuple[Reason, ...] | None) -> Scored:
    values = np.frombuffer(bytes(row.pop("features")), dtype="<f8")  # type: ignore[call-overload]
    return Scored(features=values, reasons=reasons, **row)  # type: ignore[arg-type]


def insert_personal(
    connection: Connection, vault: Vault, rows: Mapping[int, tuple[str, Mapping[str, str]]], ciphers: Ciphers
) -> None:
    """Seal and store the subject's personal fields by sequence number, which is authenticated with them.

    The subject of each names its parcel, see `serving.store.erasure.subject_of`; `ciphers` are those of all subjects.
    """
    contents = (
        Content(subject=subject, data=fields, context=f"personal|{seq}") for seq, (subject, fields) in rows.items()
    )
    sealed = vault.seal_many(contents, ciphers)
    if sealed:
        _INSERT_PERSONAL.run(connection, [{"seq": seq, **row} for seq, row in zip(rows, sealed, strict=True)])


_INSERT_PERSONAL = insertion(personal)


def personal_of(connection: Connection, vault: Vault, seq: int) -> dict[str, str]:
    """Personal fields of the parcel at `seq`; empty when they were erased or never stored."""
    row = connection.execute(select(personal).where(personal.c.seq == seq)).one_or_none()
    return dict(vault.unseal(row.subject, row.nonce, row.sealed, f"personal|{seq}") or {}) if row else {}
