"""Answers as they were given: score, decision, digest of the feature row, and the personal data under encryption."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, NamedTuple

from sqlalchemy import BigInteger, Connection, String, bindparam, select, text

from features.declared.declare import Floats
from features.identity import DERIVATION
from features.reasons import Reason
from policy import Referral
from serving.store.policy_history import note_policy
from serving.store.rows import digests_of, insert_rows, row_of
from serving.store.statements import Statement, each_number_of, insertion, texts
from serving.store.tables import catalogues, contexts, covert, explanations, feature_rows, personal, scores
from serving.store.vault import Ciphers, Content, Vault


class Disclosed(NamedTuple):
    """What an operator is shown of a decision in which something asks covertly."""

    referral: str
    cause: str
    propensity: float


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
        Feature row, shape ``(k,)``; None where it is no longer kept, or was not asked for.
    bundle_id, raw_score, probability, flow_share:
        None when no model was serving. ``flow_share`` is the share of the mail flow that scores at least as high.
    degraded:
        What was missing when the answer was given; None when nothing was.
    gate:
        What the legal gate allows at most; None when anything may be done.
    policy:
        Settings of the policy, to be kept under its identity; None in what is read.
    reasons:
        None until somebody looked.
    disclosed:
        What an operator is shown instead; None where nothing asks covertly.
    """

    seq: int
    content: str
    scored_at: int
    fingerprint: str
    features: Floats | None
    bundle_id: str | None
    raw_score: float | None
    probability: float | None
    flow_share: float | None
    referral: str
    cause: str
    propensity: float
    degraded: str | None
    policy_id: str | None = None
    gate: str | None = None
    policy: str | None = field(default=None, compare=False)
    reasons: tuple[Reason, ...] | None = None
    disclosed: Disclosed | None = None


def insert_scores(connection: Connection, rows: list[Scored], names: tuple[str, ...]) -> None:
    """Store answers next to their events; `names` are those of the columns of the feature rows."""
    if not rows:
        return
    whole = [(scored.seq, scored.features) for scored in rows if scored.features is not None]
    digests = digests_of([values for _, values in whole], names)
    for context, policy in {_context(scored): scored.policy for scored in rows}.items():
        _note_context(connection, context, names, policy)
    _INSERT.run(connection, [_row(scored, digest) for scored, digest in zip(rows, digests, strict=True)])
    insert_rows(connection, whole)
    disclosed = [_row_of_disclosed(scored.seq, scored.disclosed) for scored in rows if scored.disclosed is not None]
    if disclosed:
        _INSERT_DISCLOSED.run(connection, disclosed)
    for scored in rows:
        if scored.reasons is not None:
            insert_explanation(connection, scored, at_us=scored.scored_at)


_INSERT, _INSERT_DISCLOSED = insertion(scores), insertion(covert)


def _row_of_disclosed(seq: int, disclosed: Disclosed) -> dict[str, object]:
    return {"seq": seq, **{f"disclosed_{name}": value for name, value in disclosed._asdict().items()}}


_Context = tuple[str, str | None, str | None, str | None]
"""Fingerprint, bundle, what was missing, and policy: the same for many scores, so each is stored once."""


def _context(scored: Scored) -> _Context:
    return scored.fingerprint, scored.bundle_id, scored.degraded, scored.policy_id


def _note_context(connection: Connection, context: _Context, names: tuple[str, ...], policy: str | None) -> None:
    fingerprint, bundle_id, degraded, policy_id = context
    given = {"bundle_id": bundle_id, "degraded": degraded, "policy_id": policy_id}
    row = {"id": context_id(context, DERIVATION), "fingerprint": fingerprint, "derivation": DERIVATION, **given}
    if _NOTE_CONTEXT.run(connection, row):
        _NOTE_NAMES.run(connection, {"fingerprint": fingerprint, "names": _text_of(names)})
        if policy_id is not None and policy is not None:
            note_policy(connection, policy_id, policy)


@lru_cache(maxsize=64)
def context_id(context: _Context, derivation: int) -> int:
    """Number of a context: a digest, so that nobody needs to look it up; SQLite keeps it in six bytes."""
    text = json.dumps([*context, derivation])
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:6], "big") >> 1


_NOTE_CONTEXT = Statement(
    text(
        "INSERT INTO contexts (id, fingerprint, derivation, bundle_id, degraded, policy_id) "
        "VALUES (:id, :fingerprint, :derivation, :bundle_id, :degraded, :policy_id) "
        "ON CONFLICT DO NOTHING RETURNING id"
    )
)


@lru_cache(maxsize=4)
def _text_of(names: tuple[str, ...]) -> str:
    return json.dumps(names)


_NOTE_NAMES = Statement(
    text("INSERT INTO catalogues (fingerprint, names) VALUES (:fingerprint, :names) ON CONFLICT DO NOTHING")
)


def names_of(connection: Connection, fingerprint: str) -> tuple[str, ...] | None:
    """Names of the columns of feature rows stored under `fingerprint`; None where they were not noted."""
    rows = _NAMES.run(connection, {"of_fingerprint": fingerprint})
    return _names_in(rows[0]["names"]) if rows else None


_NAMES = Statement(
    select(catalogues.c.names).where(catalogues.c.fingerprint == bindparam("of_fingerprint", type_=String()))
)


@lru_cache(maxsize=4)
def _names_in(text: str) -> tuple[str, ...]:
    return tuple(json.loads(text))


def insert_explanation(connection: Connection, scored: Scored, *, at_us: int) -> None:
    """Add the reasons of an answer; earlier ones stay."""
    facts = json.dumps([reason.as_dict() for reason in scored.reasons or ()])
    _INSERT_EXPLANATION.run(connection, [{"seq": scored.seq, "explained_at": at_us, "facts": facts}])


_INSERT_EXPLANATION = insertion(explanations)


def _row(scored: Scored, digest: bytes) -> dict[str, object]:
    return {
        "seq": scored.seq,
        "content": bytes.fromhex(scored.content),
        "scored_at": scored.scored_at,
        "context": context_id(_context(scored), DERIVATION),
        "digest": digest,
        "raw_score": scored.raw_score,
        "probability": scored.probability,
        "flow_share": scored.flow_share,
        "referral": scored.referral,
        "cause": scored.cause,
        "propensity": scored.propensity,
        "gate": scored.gate,
    }


_READ = [column for column in scores.c if column.name not in ("context", "digest")] + [
    contexts.c[name] for name in ("fingerprint", "bundle_id", "degraded", "policy_id")
]
_DISCLOSED = tuple(covert.c[f"disclosed_{name}"] for name in Disclosed._fields)
_SCORES = (
    select(*_READ, *_DISCLOSED)
    .join(contexts, contexts.c.id == scores.c.context)
    .outerjoin(covert, covert.c.seq == scores.c.seq)
)
_WITH_ROWS = _SCORES.add_columns(feature_rows.c.row).outerjoin(feature_rows, feature_rows.c.seq == scores.c.seq)


def scores_of(connection: Connection, seqs: Iterable[int], *, with_rows: bool = False) -> dict[int, Scored]:
    """Stored answers by sequence number, each with its latest explanation, and `with_rows` its feature row if kept."""
    wanted = {"seqs": texts(seqs)}
    why = {
        row["seq"]: tuple(Reason.from_dict(fact) for fact in json.loads(row["facts"]))
        for row in _EXPLAINED.run(connection, wanted)
    }
    rows = (_CHOSEN_WITH_ROWS if with_rows else _CHOSEN).run(connection, wanted)
    return {row["seq"]: _scored(row, why.get(row["seq"])) for row in rows}


_IS_CHOSEN = scores.c.seq.in_(each_number_of("seqs"))
_CHOSEN, _CHOSEN_WITH_ROWS = Statement(_SCORES.where(_IS_CHOSEN)), Statement(_WITH_ROWS.where(_IS_CHOSEN))
_EXPLAINED = Statement(
    select(explanations.c.seq, explanations.c.facts)
    .where(explanations.c.seq.in_(each_number_of("seqs")))
    .order_by(explanations.c.id)
)


def scored_between(connection: Connection, since_us: int, until_us: int) -> list[Scored]:
    """Answers from `since_us` to before `until_us` that ask for an inspection, without explanations, oldest first."""
    during = scores.c.scored_at.between(since_us, until_us - 1)
    query = _SCORES.where(during, scores.c.referral.not_in(_ASKS_NOTHING)).order_by(scores.c.seq)
    return [_scored(dict(row._mapping), None) for row in connection.execute(query)]


def decisions_between(connection: Connection, first: int, last: int) -> Sequence[Any]:
    """Number, referral and propensity of the answers to the events from `first` to `last`, in order."""
    chosen = select(scores.c.seq, scores.c.referral, scores.c.propensity).where(scores.c.seq.between(first, last))
    return connection.execute(chosen.order_by(scores.c.seq)).all()


def scored_on(connection: Connection, since_us: int, until_us: int) -> list[int]:
    """Sequence numbers of the answers from `since_us` to before `until_us`, in order."""
    during = scores.c.scored_at.between(since_us, until_us - 1)
    return list(connection.execute(select(scores.c.seq).where(during).order_by(scores.c.seq)).scalars())


_ASKS_NOTHING = tuple(referral.value for referral in Referral if not referral.asks_inspection)


def all_scores(connection: Connection) -> dict[int, Scored]:
    """Every stored answer, with its feature row if that is kept, without explanations."""
    return {row.seq: _scored(dict(row._mapping), None) for row in connection.execute(_WITH_ROWS)}


def _scored(row: dict[str, Any], reasons: tuple[Reason, ...] | None) -> Scored:
    content = bytes(row.pop("content")).hex()
    disclosed = Disclosed(*(row.pop(column.name) for column in _DISCLOSED))
    row["disclosed"] = disclosed if disclosed.referral is not None else None
    return Scored(content=content, features=row_of(row.pop("row", None), row["seq"]), reasons=reasons, **row)


class Digest(NamedTuple):
    """Digest of the feature row of one score; `derivation` and `fingerprint` are those that it was made with."""

    digest: bytes
    fingerprint: str
    derivation: int


def digests_between(connection: Connection, first: int, last: int) -> dict[int, Digest]:
    """Digests of the scores of the events from `first` to `last`, by sequence number."""
    chosen = select(scores.c.seq, scores.c.digest, contexts.c.fingerprint, contexts.c.derivation)
    rows = connection.execute(
        chosen.join(contexts, contexts.c.id == scores.c.context).where(scores.c.seq.between(first, last))
    )
    return {seq: Digest(bytes(digest), fingerprint, derivation) for seq, digest, fingerprint, derivation in rows}


def insert_personal(
    connection: Connection, vault: Vault, rows: Mapping[int, tuple[str, Mapping[str, str]]], ciphers: Ciphers
) -> None:
    """Seal and store the subject's personal fields by sequence number, which is authenticated with them.

    The subject of each names its parcel, see `serving.store.erasure.subject_of`; `ciphers` are those of all subjects.
    """
    contents = [
        Content(subject=subject, data=fields, context=f"personal|{seq}") for seq, (subject, fields) in rows.items()
    ]
    sealed = vault.seal_many(contents, ciphers)
    if sealed:
        _INSERT_PERSONAL.run(connection, [{"seq": seq, **row} for seq, row in zip(rows, sealed, strict=True)])


_INSERT_PERSONAL = insertion(personal)


def personal_of(connection: Connection, vault: Vault, seq: int) -> dict[str, str]:
    """Personal fields of the parcel at `seq`; empty when they were erased or never stored."""
    return personal_held(connection, vault, seq) or {}


def personal_held(connection: Connection, vault: Vault, seq: int, *, masked_too: bool = False) -> dict[str, str] | None:
    """Personal fields of the parcel at `seq`, which may be none; None when erased, never stored, or masked.

    `masked_too` reads masked ones, see `serving.store.vault.Vault.unseal`.
    """
    rows = _PERSONAL.run(connection, {"of_seq": seq})
    if not rows:
        return None
    subject, nonce, sealed = (bytes(rows[0][name]) for name in ("subject", "nonce", "sealed"))
    held = vault.unseal(subject, nonce, sealed, f"personal|{seq}", masked_too=masked_too)
    return None if held is None else dict(held)


_PERSONAL = Statement(select(personal).where(personal.c.seq == bindparam("of_seq", type_=BigInteger())))


def newest_personal(connection: Connection, limit: int) -> list[int]:
    """Numbers of the newest parcels of which persons are kept, at most `limit`."""
    return list(connection.scalars(select(personal.c.seq).order_by(personal.c.seq.desc()).limit(limit)))
