"""Scores keep a digest of their feature row; the rows lie apart, compressed; what served is stored once."""

import json
from typing import Any

import numpy as np
import sqlalchemy as sa
from alembic import op

from features.declared.declare import Floats
from serving.store.rows import compressed, digests_of
from serving.store.scores import context_id

revision = "0009"
down_revision = "0008"

_AT_ONCE = 1_000
_DERIVATION = 1
"""Of every score before this step."""
_CONTEXT = ("fingerprint", "bundle_id", "degraded", "policy_id")
_SAME = ("seq", "scored_at", "raw_score", "probability", "flow_share", "referral", "cause", "propensity")


def upgrade() -> None:
    """Write the scores anew, portion by portion; the service removes rows that need not be kept when it runs."""
    op.add_column(
        "audit",
        sa.Column(
            "until_seq", sa.BigInteger(), comment="last of consecutive sequence numbers; null where seq is the only one"
        ),
    )
    if op.get_bind().dialect.name == "sqlite":
        with op.batch_alter_table("personal", recreate="always") as personal:
            personal.alter_column("seq", existing_type=sa.BigInteger(), type_=sa.Integer(), existing_nullable=False)
    op.rename_table("scores", "scores_before")
    contexts = op.create_table(
        "contexts",
        sa.Column("id", sa.BigInteger(), primary_key=True, autoincrement=False, comment="digest of the other columns"),
        sa.Column("fingerprint", sa.String(16), nullable=False, comment="of the catalogue"),
        sa.Column("derivation", sa.Integer(), nullable=False, comment="version of the derivation of keys and facts"),
        sa.Column("bundle_id", sa.String(100)),
        sa.Column("degraded", sa.String(40)),
        sa.Column("policy_id", sa.String(20), comment="policy that decided; null where not kept"),
    )
    scores = op.create_table(
        "scores",
        _seq("events.seq"),
        sa.Column(
            "content",
            sa.LargeBinary(),
            nullable=False,
            comment="keyed digest of the lodged row: recognises repetitions",
        ),
        sa.Column("scored_at", sa.BigInteger(), nullable=False),
        sa.Column("context", sa.BigInteger(), sa.ForeignKey("contexts.id"), nullable=False, comment="what served then"),
        sa.Column("digest", sa.LargeBinary(), nullable=False, comment="of the feature row, see serving.store.rows"),
        sa.Column("raw_score", sa.Float(53)),
        sa.Column("probability", sa.Float(53)),
        sa.Column("flow_share", sa.Float(53)),
        sa.Column("referral", sa.String(20), nullable=False),
        sa.Column("cause", sa.String(10), nullable=False),
        sa.Column("propensity", sa.Float(53), nullable=False),
    )
    feature_rows = op.create_table(
        "feature_rows",
        _seq("scores.seq"),
        sa.Column("row", sa.LargeBinary(), nullable=False, comment="whole feature row, see serving.store.rows"),
    )
    _write(contexts, scores, feature_rows)
    op.drop_table("scores_before")


def _seq(of: str) -> sa.Column[int]:
    kind = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    return sa.Column("seq", kind, sa.ForeignKey(of), primary_key=True, autoincrement=False, nullable=False)


def _write(contexts: sa.Table, scores: sa.Table, feature_rows: sa.Table) -> None:
    connection = op.get_bind()
    names = _names(connection)
    before = sa.table("scores_before", *map(sa.column, (*_SAME, *_CONTEXT, "content", "features")))
    seen: set[int] = set()
    last = None
    while True:
        behind = sa.true() if last is None else before.c.seq > last
        chosen = sa.select(before).where(behind).order_by(before.c.seq).limit(_AT_ONCE)
        rows = [row._asdict() for row in connection.execute(chosen)]
        if not rows:
            return
        last = rows[-1]["seq"]
        for row in rows:
            given = {name: row[name] for name in _CONTEXT}
            row["context"] = context_id(tuple(given.values()), _DERIVATION)
            if row["context"] not in seen:
                connection.execute(contexts.insert().values(id=row["context"], derivation=_DERIVATION, **given))
                seen.add(row["context"])
        connection.execute(scores.insert(), [_compact(row, names) for row in rows])
        kept = [{"seq": row["seq"], "row": compressed(_values(row))} for row in rows]
        connection.execute(feature_rows.insert(), kept)


def _names(connection: sa.Connection) -> dict[str, tuple[str, ...]]:
    rows = connection.execute(sa.select(sa.table("catalogues", sa.column("fingerprint"), sa.column("names"))))
    return {fingerprint: tuple(json.loads(names)) for fingerprint, names in rows}


def _values(row: dict[str, Any]) -> Floats:
    return np.frombuffer(row["features"], dtype="<f8")


def _compact(row: dict[str, Any], names: dict[str, tuple[str, ...]]) -> dict[str, Any]:
    (digest,) = digests_of([_values(row)], names.get(row["fingerprint"]))
    same = {name: row[name] for name in (*_SAME, "context")}
    return {**same, "content": bytes.fromhex(row["content"])[:16], "digest": digest}
