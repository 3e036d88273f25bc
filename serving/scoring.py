"""The one use case: take a batch of parcels, score and decide, store everything in one transaction, answer.

API, pages and files all come here. A single writer owns the order of the log: calls are taken one after the other.
"""

from __future__ import annotations

import hmac
import threading
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import polars as pl
from sqlalchemy import Connection

from features.catalogue import FeatureRows, catalogue
from features.history import Engine
from features.identity import PERSONAL, IdentityKey, derive
from features.log import number, parcel_events
from features.parcel.flags import QUALITY_FLAGS
from features.parcel.problems import Rejection
from features.parcel.schema import LINE
from features.reasons import Reason, reasons
from features.replay import feature_rows
from policy import LinePolicy, Referral, Selection, draws, select, select_blind
from serving import history
from serving.answers import Answer, answer
from serving.champion import Champion
from serving.store import Client, Scored, Store
from serving.store import log as event_log
from serving.store.database import note
from serving.store.scores import insert_personal, insert_scores, keep_reasons, scores_of

Clock = Callable[[], datetime]


def now() -> datetime:
    """Time of the office's clock."""
    return datetime.now(UTC)


@dataclass(frozen=True, kw_only=True)
class Secrets:
    """Keys that the desk works with."""

    identity: IdentityKey
    personal: bytes
    draw: bytes


@dataclass(frozen=True, kw_only=True)
class _Earlier:
    """A parcel event that is already in the log, with its answer when it was scored."""

    seq: int
    scored: Scored | None
    flags: list[str]


class Desk:
    """Scores batches of parcels.

    Parameters
    ----------
    store:
        Opened as the single writer.
    champion:
        The model, or why there is none.
    policy:
        What the line can inspect.
    snapshots:
        Folder of the snapshots of the history.
    clock:
        Where ``known_at`` comes from.
    """

    def __init__(
        self,
        store: Store,
        champion: Champion,
        policy: LinePolicy,
        secrets: Secrets,
        snapshots: Path,
        clock: Clock = now,
    ) -> None:
        """Rebuild the history from the newest snapshot and the log."""
        store.become_writer()
        self.store = store
        self.champion = champion
        self.policy = policy
        self.secrets = secrets
        self.snapshots = snapshots
        self.clock = clock
        self.lock = threading.Lock()
        self.engine = Engine()
        self.rebuild()

    def rebuild(self) -> None:
        """Forget the history in memory and take it from the newest snapshot and the log again."""
        with self.store.begin() as connection:
            self.engine = history.rebuilt(connection, self.snapshots)

    def close(self) -> None:
        """Keep a snapshot of the history, so that the next start is quick, and give up the writer's place."""
        with self.lock, self.store.begin() as connection:
            history.keep(connection, self.engine, self.snapshots)
        self.store.close()

    def score(self, rows: pl.DataFrame, client: Client, *, explain: bool = False) -> dict[int, Answer | Rejection]:
        """Score validated parcels and answer by ``line``.

        Parameters
        ----------
        rows:
            Output of `features.parcel.validation.validate_parcels`; ``operator`` is set.
        client:
            Who lodges them.
        explain:
            Find the reasons for all of them now, not only for those that a person will look at.
        """
        with self.lock:
            try:
                with self.store.begin() as connection:
                    return self._score(connection, rows, client, explain=explain)
            except BaseException:
                # The transaction is undone; the history in memory may have seen what was not stored.
                self.rebuild()
                raise

    def _score(
        self, connection: Connection, rows: pl.DataFrame, client: Client, *, explain: bool
    ) -> dict[int, Answer | Rejection]:
        contents = self._contents(rows)
        fresh, answers = self._sort_out(connection, rows, contents)
        if fresh.height:
            at = self.clock()
            batch = number(parcel_events(derive(fresh, self.secrets.identity), pl.lit(at)), self.engine.last_seq + 1)
            computed = feature_rows(batch, self.engine)
            lines = fresh[LINE].to_list()
            scored = self._decide(
                batch, computed, [contents[line] for line in lines], at=microseconds(at), explain=explain
            )
            self._store(connection, batch, scored, fresh, client)
            described = batch.select("parcel_id", "operator", QUALITY_FLAGS).to_dicts()
            answers |= {
                line: _answer(one, row, repeated=False) for one, line, row in zip(scored, lines, described, strict=True)
            }
        return _with_twins(rows, answers)

    def _store(
        self, connection: Connection, batch: pl.DataFrame, scored: list[Scored], fresh: pl.DataFrame, client: Client
    ) -> None:
        event_log.append(connection, batch)
        insert_scores(connection, scored)
        places = [one.seq for one in scored]
        clear = ({name: text for name, text in row.items() if text} for row in fresh.select(PERSONAL).to_dicts())
        insert_personal(connection, self.secrets.personal, dict(zip(places, clear, strict=True)))
        note(connection, at_us=scored[0].scored_at, client_id=client.client_id, action="scored", places=places)

    def _sort_out(
        self, connection: Connection, rows: pl.DataFrame, contents: dict[int, str]
    ) -> tuple[pl.DataFrame, dict[int, Answer | Rejection]]:
        """Set apart what is new; a repetition gets its earlier answer, other facts under one number are refused."""
        earlier = self._earlier(connection, rows)
        answers: dict[int, Answer | Rejection] = {}
        first: dict[tuple[str, str], int] = {}
        for line, operator, parcel_id in rows.select(LINE, "operator", "parcel_id").iter_rows():
            known = earlier.get((operator, parcel_id))
            twin = first.get((operator, parcel_id))
            if known is not None and known.scored is not None and known.scored.content == contents[line]:
                row = {"operator": operator, "parcel_id": parcel_id, QUALITY_FLAGS: known.flags}
                answers[line] = _answer(known.scored, row, repeated=True)
            elif known is not None or (twin is not None and contents[twin] != contents[line]):
                answers[line] = _conflict(line)
            elif twin is None:
                first[operator, parcel_id] = line
        fresh = rows.filter(pl.col(LINE).is_in(pl.Series(list(first.values()), dtype=pl.Int64).implode()))
        return fresh, answers

    def _earlier(self, connection: Connection, rows: pl.DataFrame) -> dict[tuple[str, str], _Earlier]:
        known = event_log.parcel_events_of(connection, rows["parcel_id"].unique())
        stored = scores_of(connection, known["seq"].to_list())
        return {
            (operator, parcel_id): _Earlier(seq=seq, scored=stored.get(seq), flags=flags or [])
            for seq, operator, parcel_id, flags in known.select(
                "seq", "operator", "parcel_id", QUALITY_FLAGS
            ).iter_rows()
        }

    def _contents(self, rows: pl.DataFrame) -> dict[int, str]:
        """Keyed digest of each row: tells a repetition from other facts without keeping personal data."""
        texts = rows.select(LINE, pl.struct(pl.exclude(LINE, QUALITY_FLAGS)).struct.json_encode().alias("text"))
        return {
            line: hmac.digest(self.secrets.personal, text.encode(), "sha256").hex() for line, text in texts.iter_rows()
        }

    def _decide(
        self, batch: pl.DataFrame, computed: FeatureRows, contents: list[str], *, at: int, explain: bool
    ) -> list[Scored]:
        texts = [f"{seq}|{parcel_id}" for seq, parcel_id in batch.select("seq", "parcel_id").iter_rows()]
        draw = draws(self.secrets.draw, texts)
        model = self.champion.bundle
        if model is None:
            selection, columns = select_blind(self.policy, draw), _no_scores(batch.height)
        else:
            computed = replace(computed, values=model.completed(computed.values, batch["description"]))
            raw = model.raw(computed.values)
            probability = model.probability(raw)
            reference = model.meta.reference
            selection = select(
                self.policy, raw=raw, probability=probability, threshold=reference.threshold(self.policy.score_budget),
                mean_root=reference.mean_root, draw=draw,
            )  # fmt: skip
            columns = list(zip(raw.tolist(), probability.tolist(), reference.share_at(raw).tolist(), strict=True))
        why = self._reasons(batch, computed, selection, explain=explain)
        return [
            Scored(
                seq=int(seq), content=content, scored_at=at, fingerprint=catalogue().fingerprint, features=values,
                bundle_id=model.bundle_id if model else None, raw_score=raw_score, probability=chance, flow_share=share,
                referral=referral.value, cause=cause.value, propensity=propensity,
                degraded=None if model else "no model", reasons=why.get(place),
            )
            for place, (seq, content, values, (raw_score, chance, share), referral, cause, propensity) in enumerate(
                zip(
                    computed.seq, contents, computed.values, columns, selection.referrals(), selection.cause,
                    selection.propensity.tolist(), strict=True,
                )
            )
        ]  # fmt: skip

    def _reasons(
        self, batch: pl.DataFrame, computed: FeatureRows, selection: Selection, *, explain: bool
    ) -> dict[int, tuple[Reason, ...]]:
        if self.champion.bundle is None:
            return {}
        places = [
            place for place, referral in enumerate(selection.referrals()) if explain or referral is not Referral.RELEASE
        ]
        found = reasons(self.champion.bundle, computed.values[places], batch[places]) if places else []
        return {place: tuple(why) for place, why in zip(places, found, strict=True)}

    def explained(self, connection: Connection, scored: Scored) -> Scored:
        """Add reasons to a stored answer, if the model that gave it still serves, and store them."""
        model = self.champion.bundle
        if scored.reasons is not None or model is None or scored.bundle_id != model.bundle_id:
            return scored
        event = event_log.read(connection, after=scored.seq - 1, limit=1)
        why = reasons(model, np.array(scored.features).reshape(1, -1), event)
        return keep_reasons(connection, scored, why[0])


def _with_twins(rows: pl.DataFrame, answers: dict[int, Answer | Rejection]) -> dict[int, Answer | Rejection]:
    """Answer rows that stand twice in one batch like their first occurrence."""
    first: dict[tuple[str, str], Answer | Rejection] = {}
    for line, operator, parcel_id in rows.select(LINE, "operator", "parcel_id").iter_rows():
        if line in answers:
            first.setdefault((operator, parcel_id), answers[line])
        else:
            twin = first[operator, parcel_id]
            answers[line] = twin.model_copy(update={"status": "repeated"}) if isinstance(twin, Answer) else twin
    return answers


def _answer(scored: Scored, row: dict[str, object], *, repeated: bool) -> Answer:
    flags = row[QUALITY_FLAGS]
    return answer(
        scored,
        parcel_id=str(row["parcel_id"]),
        operator=str(row["operator"]),
        quality_flags=list(flags) if isinstance(flags, list) else [],
        repeated=repeated,
    )


def _conflict(line: int) -> Rejection:
    return Rejection(
        line=line,
        field="parcel_id",
        code="already_lodged",
        reason="this parcel was lodged before with other facts.",
        remedy="Lodge each parcel once; amendments of a lodged parcel are not supported yet.",
    )


def _no_scores(n: int) -> list[tuple[float | None, float | None, float | None]]:
    return [(None, None, None)] * n


def microseconds(at: datetime) -> int:
    """Microseconds since 1970 of a time."""
    return round(at.timestamp() * 1e6)
