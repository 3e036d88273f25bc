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
from typing import Any

import numpy as np
import polars as pl

from features.catalogue import FeatureRows, catalogue
from features.history import Engine
from features.identity import PERSONAL, IdentityKey, derive
from features.log import PARCEL, RETRACTION, number, parcel_events, retractions
from features.parcel.flags import QUALITY_FLAGS
from features.parcel.problems import Rejection, StoreError
from features.parcel.schema import LINE
from features.reasons import Reason, reasons
from features.replay import feature_rows
from policy import LinePolicy, Referral, Selection, draws, select, select_blind
from serving.office import recovery as history
from serving.office.answers import Answer, Status, answer
from serving.office.batching import (
    KEY,
    Steps,
    events_of,
    first_lodged,
    first_of_twins,
    lines_of,
    steps_of,
    with_twins,
    with_versions,
)
from serving.office.champion import Champion
from serving.office.current import OnRecord, Records, records_of
from serving.office.versioning import Step
from serving.store import Client, Connection, Scored, Store
from serving.store import log as event_log
from serving.store.database import note
from serving.store.erasure import reconcile, subjects_of
from serving.store.quality import count_quality
from serving.store.receptacles import with_receptacles
from serving.store.scores import insert_personal, insert_scores, keep_reasons, personal_of
from serving.store.vault import Vault
from serving.store.versions import keep_version

Clock = Callable[[], datetime]
Then = Callable[[Connection, dict[int, Answer | Rejection]], None]
_ENVELOPE = ("manifest_id", "version", "function", "lodged_at")
"""What a message says of itself: a parcel sent again in another message is the same parcel."""


def now() -> datetime:
    """Time of the office's clock."""
    return datetime.now(UTC)


@dataclass(frozen=True, kw_only=True)
class Secrets:
    """Keys that the desk works with."""

    identity: IdentityKey
    vault: Vault
    digest: bytes
    draw: bytes


@dataclass(frozen=True, kw_only=True)
class Entry:
    """What enters the log together: parcels, and the events that they or cancellations take back.

    Attributes
    ----------
    derived:
        Parcels without personal data (see `features.identity.derive`).
    taken_back:
        Events of the log.
    contents, clear:
        Digest of the facts, and personal fields, of each parcel.
    """

    derived: pl.DataFrame
    taken_back: pl.DataFrame
    contents: list[str]
    clear: list[dict[str, str]]


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
        try:
            store.bind_identity(secrets.identity.key_id)
            with store.begin() as connection:
                reconcile(connection, secrets.vault)
        except StoreError:
            store.close()
            raise
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
        self.secrets.vault.close()

    def score(
        self, rows: pl.DataFrame, client: Client, *, explain: bool = False, then: Then | None = None
    ) -> dict[int, Answer | Rejection]:
        """Score validated parcels and answer by ``line``.

        Parameters
        ----------
        rows:
            Output of `features.parcel.validation.validate_parcels`; ``operator`` is set.
        client:
            Who lodges them.
        explain:
            Find the reasons for all of them now, not only for those that a person will look at.
        then:
            Called with the answers inside the transaction, so that it is stored with them or not at all.
        """
        with self.lock:
            try:
                with self.store.begin() as connection:
                    answers = self._score(connection, rows, client, explain=explain)
                    if then is not None:
                        then(connection, answers)
                    return answers
            except BaseException:
                # The transaction is undone; the history in memory may have seen what was not stored.
                self.rebuild()
                raise

    def _score(
        self, connection: Connection, rows: pl.DataFrame, client: Client, *, explain: bool
    ) -> dict[int, Answer | Rejection]:
        """Take rows in rounds in which no parcel stands twice, so that each row meets what those before it did."""
        contents = self._contents(rows)
        answers: dict[int, Answer | Rejection] = {}
        rest = first_of_twins(rows, contents)
        while rest.height:
            this = rest.unique(list(KEY), keep="first", maintain_order=True)
            answers |= self._round(connection, this, contents, client, explain=explain)
            rest = rest.join(this.select(LINE), on=LINE, how="anti", maintain_order="left")
        return with_twins(rows, contents, answers)

    def _round(
        self, connection: Connection, rows: pl.DataFrame, contents: dict[int, str], client: Client, *, explain: bool
    ) -> dict[int, Answer | Rejection]:
        at = self.clock()
        rows = with_receptacles(connection, rows)
        records = records_of(connection, rows["parcel_id"], at)
        steps = steps_of(rows, contents, records)
        rows = with_versions(rows, steps, records)
        answers = self._unscored(connection, rows, steps, records, at)
        wanted = lines_of(steps, Step.LODGE, Step.AMEND)
        fresh = rows.filter(pl.col(LINE).is_in(wanted.implode()))
        taken_back = events_of(rows, records, lines_of(steps, Step.AMEND, Step.CANCEL))
        scored = self._enter(
            connection,
            Entry(
                derived=derive(fresh, self.secrets.identity).with_columns(first_lodged(fresh, records, steps)),
                taken_back=taken_back,
                contents=[contents[line] for line in fresh[LINE]],
                clear=[_given(row) for row in fresh.select(PERSONAL).to_dicts()],
            ),
            client,
            at,
            explain=explain,
        )
        count_quality(connection, fresh, at)
        described = fresh.select(LINE, "parcel_id", "operator", "version", QUALITY_FLAGS).to_dicts()
        return answers | {
            row[LINE]: _answer(
                one,
                row,
                status="amended" if steps[row[LINE]] is Step.AMEND else "scored",
                n_other_claims=records.n_others(row["operator"], row["parcel_id"]),
            )
            for one, row in zip(scored, described, strict=True)
        }

    def _enter(
        self, connection: Connection, entry: Entry, client: Client, at: datetime, *, explain: bool
    ) -> list[Scored]:
        """Put events into the log and the history, score the parcels among them, store everything."""
        taken_back = retractions(entry.taken_back, pl.lit(at))
        events = number(pl.concat([taken_back, parcel_events(entry.derived, pl.lit(at))]), self.engine.last_seq + 1)
        if events.height == 0:
            return []
        computed = feature_rows(events, self.engine)
        event_log.append(connection, events)
        cancelled = events.filter(pl.col("kind") == RETRACTION)["subject_seq"].to_list()
        if cancelled:
            note(connection, at_us=microseconds(at), client_id=client.client_id, action="taken back", places=cancelled)
        batch = events.filter(pl.col("kind") == PARCEL)
        if batch.height == 0:
            return []
        scored = self._decide(batch, computed, entry.contents, at=microseconds(at), explain=explain)
        insert_scores(connection, scored)
        places = [one.seq for one in scored]
        subjects = dict(zip(places, subjects_of(batch), strict=True))
        insert_personal(connection, self.secrets.vault, dict(zip(places, entry.clear, strict=True)), subjects)
        note(connection, at_us=microseconds(at), client_id=client.client_id, action="scored", places=places)
        return scored

    def _unscored(
        self, connection: Connection, rows: pl.DataFrame, steps: Steps, records: Records, at: datetime
    ) -> dict[int, Answer | Rejection]:
        """Answer what is not scored: repetitions, cancellations, late versions, refusals. The last three are kept."""
        answers: dict[int, Answer | Rejection] = {}
        for row in rows.to_dicts():
            step = steps[row[LINE]]
            if isinstance(step, Rejection):
                answers[row[LINE]] = step
            elif step in _WORDS:
                found = records.latest[row["operator"], row["parcel_id"]]
                described = {**row, "version": found.known.version, QUALITY_FLAGS: found.flags}
                answers[row[LINE]] = _answer(
                    found.scored,
                    described,
                    status="cancelled" if found.known.is_cancelled else _WORDS[step],
                    n_other_claims=records.n_others(row["operator"], row["parcel_id"]),
                )
                if step is not Step.REPEAT:
                    kept = {name: value for name, value in row.items() if name != QUALITY_FLAGS}
                    keep_version(
                        connection,
                        self.secrets.vault,
                        seq=found.known.seq,
                        subject=subjects_of(found.event)[0],
                        row=kept,
                        at_us=microseconds(at),
                    )
        return answers

    def rescore(
        self, connection: Connection, found: OnRecord, changes: dict[str, object], client: Client
    ) -> Scored | None:
        """Score a parcel again because the office learned another fact of it, such as its receptacle.

        Only facts that no entity key is made of may change this way. Call it with the lock held, in a transaction.
        """
        if found.scored is None or found.known.is_cancelled:
            return None
        counted = pl.coalesce("counted_at", "known_at").alias("counted_at")
        changed = found.event.with_columns(counted, *(pl.lit(value).alias(name) for name, value in changes.items()))
        entry = Entry(
            derived=changed,
            taken_back=found.event,
            contents=[found.scored.content],
            clear=[personal_of(connection, self.secrets.vault, found.known.seq)],
        )
        (scored,) = self._enter(connection, entry, client, self.clock(), explain=False)
        return scored

    def _contents(self, rows: pl.DataFrame) -> dict[int, str]:
        """Keyed digest of each row: tells a repetition from other facts without keeping personal data."""
        texts = rows.select(
            LINE, pl.struct(pl.exclude(LINE, QUALITY_FLAGS, *_ENVELOPE)).struct.json_encode().alias("text")
        )
        return {
            line: hmac.digest(self.secrets.digest, text.encode(), "sha256").hex() for line, text in texts.iter_rows()
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
                self.policy,
                raw=raw,
                probability=probability,
                threshold=reference.threshold(self.policy.score_budget),
                mean_root=reference.mean_root,
                draw=draw,
            )
            columns = list(zip(raw.tolist(), probability.tolist(), reference.share_at(raw).tolist(), strict=True))
        why = self._reasons(batch, computed, selection, explain=explain)
        return [
            Scored(
                seq=int(seq),
                content=content,
                scored_at=at,
                fingerprint=catalogue().fingerprint,
                features=values,
                bundle_id=model.bundle_id if model else None,
                raw_score=raw_score,
                probability=chance,
                flow_share=share,
                referral=referral.value,
                cause=cause.value,
                propensity=propensity,
                degraded=self.champion.degraded,
                reasons=why.get(place),
            )
            for place, (seq, content, values, (raw_score, chance, share), referral, cause, propensity) in enumerate(
                zip(
                    computed.seq,
                    contents,
                    computed.values,
                    columns,
                    selection.referrals(),
                    selection.cause,
                    selection.propensity.tolist(),
                    strict=True,
                )
            )
        ]

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


_WORDS: dict[Step | Rejection, Status] = {Step.REPEAT: "repeated", Step.CANCEL: "cancelled", Step.KEEP: "superseded"}


def _given(row: dict[str, Any]) -> dict[str, str]:
    return {name: text for name, text in row.items() if text}


def _answer(scored: Scored | None, row: dict[str, Any], *, status: Status, n_other_claims: int) -> Answer:
    if scored is None:
        raise ValueError("a parcel without an answer has no answer to repeat")
    return answer(
        scored,
        parcel_id=str(row["parcel_id"]),
        operator=str(row["operator"]),
        quality_flags=list(row[QUALITY_FLAGS] or []),
        status=status,
        version=row["version"] or 1,
        n_other_claims=n_other_claims,
    )


def _no_scores(n: int) -> list[tuple[float | None, float | None, float | None]]:
    return [(None, None, None)] * n


def microseconds(at: datetime) -> int:
    """Microseconds since 1970 of a time."""
    return round(at.timestamp() * 1e6)
