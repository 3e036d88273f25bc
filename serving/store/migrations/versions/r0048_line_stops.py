"""Stops of one line; entries without a score; reasons of masked and erased parcels name no word of theirs."""

import json

import sqlalchemy as sa
from alembic import op

revision = "0048"
down_revision = "0047"
_KEPT = ("family", "feature", "value", "weight", "typical", "lane")
"""What stays of a reason: neither its word nor a sentence of the first versions."""


def upgrade() -> None:
    """Add the columns, stops on record were of all lines; and take words out of reasons."""
    op.add_column("score_stops", sa.Column("line", sa.String(35), comment="null: all lines"))
    says = "which parcels came to the line when it was stopped"
    op.add_column("score_stops", sa.Column("condition", sa.Text(), comment=says))
    says = "1 where the station hid the score until then; null before that existed"
    op.add_column("station_entries", sa.Column("score_hidden", sa.Integer(), comment=says))
    _without_words(op.get_bind())


def _without_words(connection: sa.Connection) -> None:
    explanations = sa.table("explanations", sa.column("id"), sa.column("seq"), sa.column("facts"))
    events, masked = (
        sa.table("events", sa.column("seq"), sa.column("parcel_id")),
        sa.table("masked_texts", sa.column("seq")),
    )
    gone = sa.select(events.c.seq).where(events.c.parcel_id.is_(None)).union(sa.select(masked.c.seq))
    for row in connection.execute(sa.select(explanations).where(explanations.c.seq.in_(gone))).all():
        facts = [{name: one.get(name) for name in _KEPT} for one in json.loads(row.facts)]
        mine = explanations.update().where(explanations.c.id == row.id)
        connection.execute(mine.values(facts=json.dumps(facts)))
