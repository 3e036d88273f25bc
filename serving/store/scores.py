"""Answers as they were given: feature row, score, decision, and the personal data beside them under encryption."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, replace

import numpy as np
from sqlalchemy import Connection, select

from features.declared.declare import Floats
from features.reasons import Reason
from serving.store.tables import personal, scores
from serving.store.vault import Content, Vault


@dataclass(frozen=True, kw_only=True)
class Scored:
    """One scoring, as stored.

    Attributes
    ----------
    seq:
        Place of the parcel event.
    content:
        Keyed digest of the lodged row.
    features:
        Feature row, shape ``(k,)``.
    bundle_id, raw_score, probability, flow_share:
        None when no model was serving. ``flow_share`` is the share of the flow that scores at least as high.
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
    reasons: tuple[Reason, ...] | None = None


def insert_scores(connection: Connection, rows: list[Scored]) -> None:
    """Store answers beside their events."""
    if rows:
        connection.execute(scores.insert(), [_row(scored) for scored in rows])


def _row(scored: Scored) -> dict[str, object]:
    row = dict(vars(scored))
    row["features"] = np.asarray(scored.features, dtype="<f8").tobytes()
    row["reasons"] = _reasons_json(scored.reasons) if scored.reasons is not None else None
    return row


def _reasons_json(reasons: Iterable[Reason]) -> str:
    return json.dumps([reason.as_dict() for reason in reasons])


def scores_of(connection: Connection, places: Iterable[int]) -> dict[int, Scored]:
    """Stored answers by place in the log."""
    wanted = list(places)
    found: dict[int, Scored] = {}
    for start in range(0, len(wanted), 5_000):
        for row in connection.execute(select(scores).where(scores.c.seq.in_(wanted[start : start + 5_000]))):
            found[row.seq] = _scored(dict(row._mapping))
    return found


def all_scores(connection: Connection) -> dict[int, Scored]:
    """Every stored answer."""
    return {row.seq: _scored(dict(row._mapping)) for row in connection.execute(select(scores))}


def _scored(row: dict[str, object]) -> Scored:
    values = np.frombuffer(bytes(row.pop("features")), dtype="<f8")  # type: ignore[call-overload]
    text = row.pop("reasons")
    reasons = tuple(Reason(**reason) for reason in json.loads(str(text))) if text is not None else None
    return Scored(features=values, reasons=reasons, **row)  # type: ignore[arg-type]


def keep_reasons(connection: Connection, scored: Scored, reasons: list[Reason]) -> Scored:
    """Store the reasons of an answer that somebody looks at for the first time."""
    connection.execute(scores.update().where(scores.c.seq == scored.seq).values(reasons=_reasons_json(reasons)))
    return replace(scored, reasons=tuple(reasons))


def insert_personal(
    connection: Connection, vault: Vault, rows: dict[int, dict[str, str]], subjects: dict[int, str]
) -> None:
    """Seal and store the personal fields of parcels, by sequence number, which is authenticated with them.

    `subjects` names the parcel of each, see `serving.store.erasure.subjects_of`.
    """
    sealed = vault.seal_many(
        Content(subject=subjects[seq], data=fields, context=f"personal|{seq}") for seq, fields in rows.items()
    )
    if sealed:
        connection.execute(personal.insert(), [{"seq": seq, **row} for seq, row in zip(rows, sealed, strict=True)])


def personal_of(connection: Connection, vault: Vault, seq: int) -> dict[str, str]:
    """Personal fields of the parcel at `seq`; empty when they were erased or never stored."""
    row = connection.execute(select(personal).where(personal.c.seq == seq)).one_or_none()
    return dict(vault.unseal(row.subject, row.nonce, row.sealed, f"personal|{seq}") or {}) if row else {}
