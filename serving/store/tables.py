"""Tables of the store. Times are microseconds since 1970 in UTC, so that they compare alike everywhere.

A change here needs a step in `serving.store.migrations`, which is what makes the tables.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Column,
    ColumnElement,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    text,
)

metadata = MetaData()
Sequence = BigInteger().with_variant(Integer, "sqlite")
"""Type of a sequence number that is a key: SQLite then needs no index of its own for it."""


def _subject() -> Column[bytes]:
    return Column("subject", LargeBinary, comment="whose key in the vault seals this")


def not_by_index(column: ColumnElement[str]) -> ColumnElement[str]:
    """The same text, by which SQLite finds no rows: of two conditions it takes the index of one and knows not which.

    It counts nothing, and a condition on the operator may leave a million rows where that on the number leaves two.
    """
    return column.concat("")


meta = Table("meta", metadata, Column("name", String(40), primary_key=True), Column("value", Text, nullable=False))

events = Table(
    "events",
    metadata,
    Column("seq", Sequence, primary_key=True, autoincrement=False),
    Column("kind", String(10), nullable=False),
    Column("subject_seq", BigInteger, comment="null where it is the event itself"),
    Column("operator", String(35)),
    Column("parcel_id", String(35), comment="null where it was erased"),
    Index("events_by_parcel", "parcel_id"),
    Index("events_by_operator", "operator", "seq"),
)
"""What every event is found by; the rest of it is in `tail` until it is sealed into a segment."""
Index(
    "events_by_subject",
    events.c.subject_seq,
    sqlite_where=events.c.subject_seq.is_not(None),
    postgresql_where=events.c.subject_seq.is_not(None),
)

tail = Table(
    "tail",
    metadata,
    Column("seq", Sequence, ForeignKey("events.seq"), primary_key=True, autoincrement=False),
    Column("known_at", BigInteger, nullable=False),
    Column("facts", LargeBinary, nullable=False, comment="the other columns of the log, see serving.store.facts"),
)

texts = Table(
    "texts",
    metadata,
    Column("seq", Sequence, ForeignKey("events.seq"), primary_key=True, autoincrement=False),
    Column("texts", LargeBinary, nullable=False, comment="of a sealed event, see serving.store.log_texts"),
)

segments = Table(
    "segments",
    metadata,
    Column("first_seq", Sequence, primary_key=True, autoincrement=False),
    Column("last_seq", BigInteger, nullable=False, unique=True),
    Column("sha256", String(64), nullable=False, comment="of the content: the name of the file"),
    Column("previous", String(64), nullable=False, comment="sha256 of the segment before; empty for the first"),
    Column("bytes", BigInteger, nullable=False),
    Column("version", Integer, nullable=False, comment="of the schema, see serving.store.segment_format"),
    Column("derivations", Text, nullable=False, comment="JSON: versions of the derivation of keys and facts"),
)

contexts = Table(
    "contexts",
    metadata,
    Column("id", BigInteger, primary_key=True, autoincrement=False, comment="digest of the other columns"),
    Column("fingerprint", String(16), nullable=False, comment="of the catalogue"),
    Column("derivation", Integer, nullable=False, comment="version of the derivation of keys and facts"),
    Column("bundle_id", String(100)),
    Column("degraded", String(120)),
    Column("policy_id", String(20), comment="policy that decided; null where not kept"),
)

scores = Table(
    "scores",
    metadata,
    Column("seq", Sequence, ForeignKey("events.seq"), primary_key=True, autoincrement=False),
    Column("content", LargeBinary, nullable=False, comment="keyed digest of the lodged row: recognises repetitions"),
    Column("scored_at", BigInteger, nullable=False),
    Column("context", BigInteger, ForeignKey("contexts.id"), nullable=False, comment="what served then"),
    Column("digest", LargeBinary, nullable=False, comment="of the feature row, see serving.store.rows"),
    Column("raw_score", Float(53)),
    Column("probability", Float(53)),
    Column("flow_share", Float(53)),
    Column("referral", String(20), nullable=False),
    Column("cause", String(10), nullable=False),
    Column("propensity", Float(53), nullable=False),
    Column("gate", String(10), comment="what may be done at most; null: anything"),
)

feature_rows = Table(
    "feature_rows",
    metadata,
    Column("seq", Sequence, ForeignKey("scores.seq"), primary_key=True, autoincrement=False),
    Column("row", LargeBinary, nullable=False, comment="whole feature row, see serving.store.rows"),
)

covert = Table(
    "covert",
    metadata,
    Column("seq", BigInteger, ForeignKey("events.seq"), primary_key=True, autoincrement=False),
    Column("disclosed_referral", String(20), nullable=False),
    Column("disclosed_cause", String(10), nullable=False),
    Column("disclosed_propensity", Float(53), nullable=False),
)
"""What operators are shown of decisions in which something asks covertly."""

explanations = Table(
    "explanations",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("seq", BigInteger, ForeignKey("events.seq"), nullable=False, index=True),
    Column("explained_at", BigInteger, nullable=False),
    Column("facts", Text, nullable=False, comment="JSON: family, feature, value, typical value, weight"),
)

catalogues = Table(
    "catalogues",
    metadata,
    Column("fingerprint", String(16), primary_key=True),
    Column("names", Text, nullable=False, comment="JSON: names of the columns of stored feature rows"),
)

personal = Table(
    "personal",
    metadata,
    Column("seq", Sequence, ForeignKey("events.seq"), primary_key=True, autoincrement=False),
    Column("nonce", LargeBinary, nullable=False),
    Column("sealed", LargeBinary, nullable=False, comment="AES-256-GCM over the personal fields as JSON"),
    _subject(),
)

erasures = Table(
    "erasures",
    metadata,
    Column("subject", LargeBinary, primary_key=True),
    Column("erased_at", BigInteger, nullable=False),
)

audit = Table(
    "audit",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("at", BigInteger, nullable=False),
    Column("client_id", String(60), nullable=False),
    Column("action", String(30), nullable=False),
    Column("seq", BigInteger),
    Column("detail", Text),
    Column("until_seq", BigInteger, comment="last of consecutive sequence numbers; null where seq is the only one"),
)

audit_tiles = Table(
    "audit_tiles",
    metadata,
    Column("level", Integer, primary_key=True, autoincrement=False),
    Column("number", BigInteger, primary_key=True, autoincrement=False),
    Column("hashes", LargeBinary, nullable=False, comment="up to 256, see serving.tlog.tiles"),
)
"""The tree over the audit, as far as checkpoints were made."""

clients = Table(
    "clients",
    metadata,
    Column("client_id", String(60), primary_key=True),
    Column("role", String(20), nullable=False),
    Column("operator", String(35)),
    Column("created_at", BigInteger, nullable=False),
    Column("sees_scores", Integer, nullable=False, server_default="0", comment="1 where an operator is shown scores"),
    Column("is_sandbox", Integer, nullable=False, server_default="0", comment="1 where its parcels live apart"),
)

client_keys = Table(
    "client_keys",
    metadata,
    Column("key_id", String(16), primary_key=True),
    Column("client_id", String(60), ForeignKey("clients.client_id"), nullable=False, index=True),
    Column("key_hash", String(64), nullable=False, unique=True),
    Column("hint", String(4), nullable=False, comment="last characters of the key"),
    Column("created_at", BigInteger, nullable=False),
    Column("expires_at", BigInteger, comment="null: never"),
    Column("revoked_at", BigInteger),
)

lease = Table(
    "lease",
    metadata,
    Column("name", String(20), primary_key=True),
    Column("holder", String(120), nullable=False),
    Column("token", BigInteger, nullable=False, comment="counts the holders there were"),
    Column("expires_at", BigInteger, nullable=False, comment="by the clock of the database"),
    Column("session", String(40), nullable=False, server_default=text("''"), comment="of the holder"),
)

versions = Table(
    "versions",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("seq", BigInteger, nullable=False, index=True, comment="version on record when this one came"),
    Column("version", Integer, nullable=False),
    Column("function", String(10), nullable=False),
    Column("received_at", BigInteger, nullable=False),
    Column("nonce", LargeBinary, nullable=False),
    Column("sealed", LargeBinary, nullable=False, comment="AES-256-GCM over the lodged row as JSON"),
    _subject(),
)

movements = Table(
    "movements",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("operator", String(35), nullable=False),
    Column("parcel_id", String(35), nullable=False),
    Column("code", String(10), nullable=False),
    Column("happened_at", BigInteger, nullable=False),
    Column("office", String(35)),
    Column("reason", String(10)),
    Column("received_at", BigInteger, nullable=False),
    Index("movements_by_parcel", "parcel_id", "operator", "code", "happened_at", unique=True),
)

receptacles = Table(
    "receptacles",
    metadata,
    Column("operator", String(35), primary_key=True),
    Column("parcel_id", String(35), primary_key=True),
    Column("receptacle_id", String(29), nullable=False, index=True),
    Column("received_at", BigInteger, nullable=False),
)

identifiers = Table(
    "identifiers",
    metadata,
    Column("number", String(70), primary_key=True),
    Column("kind", Integer, primary_key=True, autoincrement=False),
    Column("seq", BigInteger, primary_key=True, autoincrement=False),
    sqlite_with_rowid=False,
)

cancellations = Table(
    "cancellations",
    metadata,
    Column("seq", Sequence, primary_key=True, autoincrement=False, comment="event that was retracted"),
    Column("operator", String(35), nullable=False),
    Column("parcel_id", String(35), nullable=False),
    Column("cancelled_at", BigInteger, nullable=False),
    Column("sender_key", BigInteger),
    Column("contact_key", BigInteger),
    Column("recipient_key", BigInteger),
    Column("address_key", BigInteger),
    Column("commodity_key", BigInteger),
    Column("wording_key", BigInteger),
    Column("gross_weight_g", BigInteger),
    Index("cancellations_by_operator", "operator", "cancelled_at"),
)

quarantine = Table(
    "quarantine",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("operator", String(35), nullable=False, index=True),
    Column("source", String(40), nullable=False, comment="format in which the row came"),
    Column("line", BigInteger, nullable=False),
    Column("state", String(10), nullable=False, comment="open, doubtful, waiting, fixed or dropped"),
    Column("received_at", BigInteger, nullable=False),
    Column("nonce", LargeBinary, nullable=False),
    Column("sealed", LargeBinary, nullable=False, comment="AES-256-GCM over the row as sent and the reasons, as JSON"),
    Column("number", LargeBinary, index=True, comment="keyed digest of the parcel's number"),
    Column("content", LargeBinary, index=True, comment="keyed digest of the row: recognises one that is sent again"),
    _subject(),
)

quality = Table(
    "quality",
    metadata,
    Column("day", Integer, primary_key=True, autoincrement=False, comment="days since 1970, UTC"),
    Column("operator", String(35), primary_key=True),
    Column("lane", String(75), primary_key=True, comment="origin > destination, as declared; empty for rejected rows"),
    Column("measure", String(30), primary_key=True),
    Column("n", BigInteger, nullable=False, comment="rows that meet the measure"),
    Column("n_of", BigInteger, nullable=False, comment="rows to which the measure applies"),
)

jobs = Table(
    "jobs",
    metadata,
    Column("job_id", String(32), primary_key=True),
    Column("operator", String(35), nullable=False, index=True),
    Column("client_id", String(60), nullable=False),
    Column("format", String(20), nullable=False),
    Column("state", String(10), nullable=False, comment="waiting, running, done, cancelled or failed"),
    Column("received_at", BigInteger, nullable=False),
    Column("n_batches", Integer, nullable=False, comment="batches that are finished: where a restart resumes"),
    Column("n_rows", BigInteger, nullable=False),
    Column("n_taken", BigInteger, nullable=False),
    Column("n_rejected", BigInteger, nullable=False),
    Column("problem", Text),
    Column("n_starts", Integer, nullable=False, server_default="0"),
)

job_results = Table(
    "job_results",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("job_id", String(32), ForeignKey("jobs.job_id"), nullable=False, index=True),
    Column("line", BigInteger, nullable=False),
    Column("result", Text, nullable=False, comment="JSON: answer or rejection"),
)

backfills = Table(
    "backfills",
    metadata,
    Column("name", String(64), primary_key=True, comment="digest of the files and of how they are read"),
    Column("n_parts", Integer, nullable=False, comment="parts that are in the log: where a restart resumes"),
    Column("n_parcels", BigInteger, nullable=False),
    Column("n_outcomes", BigInteger, nullable=False),
)
