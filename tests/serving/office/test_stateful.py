"""The office against a clerk's notebook: whatever happens in whatever order, both know the same."""

from __future__ import annotations

import copy
import math
import shutil
import tempfile
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

import polars as pl
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

from features import bundle
from features.catalogue import catalogue
from features.history import ENTITIES, Engine
from features.history.ledger import ledger
from features.identity import IdentityKey, derive
from features.log import OUTCOME, PARCEL, RETRACTION
from features.parcel.problems import Rejection, StoreError
from features.parcel.reference import shipped_reference
from features.parcel.schema import OUTCOME_SCHEMA, TIME
from features.parcel.validation import validate_outcomes, validate_parcels
from features.replay import joined, replay
from features.sources import Batch, Content
from policy import Cause, Referral
from serving.installation import Installation
from serving.intake.submissions import accept
from serving.keys import make_keys
from serving.office.answers import Answer
from serving.office.champion import Champion
from serving.office.clocks import PERIOD, decide_clocks, referrals
from serving.office.funnel import By, funnels, targeted
from serving.office.live_model import LiveModel
from serving.office.lookup import LookedUp, look_up
from serving.office.office import Office
from serving.office.outcomes import CORRECTION, CorrectionReason, record
from serving.office.stages import EMPTY, record_run, record_stages
from serving.office.whereabouts import record_scans
from serving.office.writer import Transaction
from serving.settings import Settings
from serving.store import Client, Role
from serving.store import log as event_log
from serving.store.scores import all_scores
from tests.builders import a_parcel, parcel_table, write_a_bundle
from tests.conftest import Clock
from tests.serving.failpoints import FAILPOINTS
from tests.serving.office.lodging import lodge
from tests.serving.office.notebook import Key, Notebook, Noted

CAPACITY = 0.4
SENDERS = ("Example Trading Ltd", "Quite Another Shop")
KEYS = [(operator, parcel) for operator in ("post-a", "courier-a") for parcel in ("RB473124829US", "EE473124830TH")]
BACK = [("post-b", number) for number in ("RB473124829US", "EE473124830TH")]
"""Keys of what is lodged as goods that are sent back."""
OFFICER = Client(client_id="officer", role=Role.OFFICER, operator=None)
NO_MODEL = Champion(bundle=None, problem="none")
SENDER = next(entity for entity in ENTITIES if entity.name == "sender")
Done = TypeVar("Done")
any_key_of = st.sampled_from([*KEYS, *BACK])
key_of, sender_of, grams_of = st.sampled_from(KEYS), st.sampled_from(SENDERS), st.sampled_from((60, 340, 1_900))
version_of = st.none() | st.integers(1, 4)
result_of = st.sampled_from(("found", "nothing_found", "not_presented"))
receptacle_of = st.sampled_from(("THBKKXDEFRAXACN60001001110012", "THBKKXDEFRAXACN60001002110012"))


class Interrupt(BaseException):
    """An interrupt, as Ctrl-C makes one."""


def interrupt() -> None:
    raise Interrupt


def disk_is_full() -> None:
    raise StoreError("the disk is full")


@cache
def shared() -> tuple[Path, Champion]:
    """Keys, and a model that calls heavy parcels risky, made once."""
    folder = Path(tempfile.mkdtemp(prefix="parcel-risk-stateful-"))
    make_keys(Settings(home=folder, models_dir=folder / "models"), approver="tester")
    path = write_a_bundle(folder / "parcel-risk-small")
    return folder / "keys", Champion(bundle=bundle.load(path, trusted=None), problem=None)


@cache
def declared(key: Key, sender: str, grams: int) -> pl.DataFrame:
    """A parcel as validated, once for each distinct one."""
    given = a_parcel(parcel_id=key[1], operator=key[0], sender_name=sender, gross_weight_g=grams)
    given |= {"lodged_at": None, "posted_at": None, "due_at": None}
    return validate_parcels(parcel_table([given]), reference=shipped_reference()).rows


@cache
def sent_back(key: Key, addressee: str, grams: int) -> pl.DataFrame:
    """The same goods on their way back to who sent them."""
    first = a_parcel()
    given = a_parcel(
        parcel_id=key[1], operator=key[0], gross_weight_g=grams, category="returned", dispatch_country="DE"
    )
    for part in ("name", "street", "number", "postcode", "city", "country"):
        given |= {f"sender_{part}": first.get(f"recipient_{part}"), f"recipient_{part}": first.get(f"sender_{part}")}
    given |= {"recipient_name": addressee, "lodged_at": None, "posted_at": None, "due_at": None}
    given |= {"origin_office": "DEFRAA", "destination_office": "USORDA"}
    return validate_parcels(parcel_table([given]), reference=shipped_reference()).rows


class OfficeMachine(RuleBasedStateMachine):
    """Everything that can happen to parcels and to the office."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp(prefix="parcel-risk-"))
        keys, self.small_model = shared()
        self.settings = Settings(
            home=self.folder, models_dir=self.folder / "models", keys_dir=keys, capacity_share=CAPACITY
        )
        self.clock = Clock(datetime(2026, 11, 2, 8, tzinfo=UTC))
        self.champion = NO_MODEL
        self.notes = Notebook()
        self.end: tuple[str, Callable[[], None]] | None = None
        self.open()

    def open(self) -> None:
        place = Installation.open(self.settings, self.clock)
        self.office: Office = replace(place.office(), model=LiveModel(self.champion))

    def kill(self) -> None:
        """End as a killed process does: what is open is closed, and nothing else is done."""
        self.office.store.close()
        self.office.secrets.vault.close()

    def teardown(self) -> None:
        self.check_history()
        self.kill()
        shutil.rmtree(self.folder)

    # What happens

    @initialize(key=key_of, sender=sender_of, grams=grams_of, has_model=st.booleans())
    def begin(self, key: Key, sender: str, grams: int, has_model: bool) -> None:
        if has_model:
            self.change_model()
        self.lodge(key, sender, grams, None)

    @rule(key=key_of, sender=sender_of, grams=grams_of, version=version_of)
    def lodge(self, key: Key, sender: str, grams: int, version: int | None) -> None:
        """Lodge, lodge again, amend, or send a late version: whichever it is by now."""
        self._message(
            key,
            declared(key, sender, grams).with_columns(version=pl.lit(version, dtype=pl.Int64)),
            lambda notes: notes.lodge(key, self.clock.at, sender=sender, grams=grams, version=version),
        )

    @rule(key=st.sampled_from(BACK), addressee=sender_of, grams=grams_of)
    def send_back(self, key: Key, addressee: str, grams: int) -> None:
        """Lodge goods that are sent back, whether or not their first way is on record."""
        self._message(
            key,
            sent_back(key, addressee, grams).with_columns(version=pl.lit(None, dtype=pl.Int64)),
            lambda notes: notes.lodge(key, self.clock.at, sender=addressee, grams=grams, version=None, is_return=True),
        )

    @rule(index=st.integers(0, 99), change=st.booleans())
    def lodge_once_more(self, index: int, change: bool) -> None:
        """Send a known parcel again, as it is or a little heavier."""
        known = self.notes.parcels[index % len(self.notes.parcels)]
        if known.addressee is not None:
            self.send_back(known.key, known.addressee, known.grams + (7 if change else 0))
            return
        self.lodge(known.key, known.sender, known.grams + (7 if change else 0), None)

    @rule(key=any_key_of, version=version_of)
    def cancel(self, key: Key, version: int | None) -> None:
        rows = declared(key, SENDERS[0], 340).with_columns(
            version=pl.lit(version, dtype=pl.Int64), function=pl.lit("cancel")
        )
        self._message(key, rows, lambda notes: notes.cancel(key, self.clock.at, version))

    @rule(key=key_of, receptacle=receptacle_of)
    def receptacle_list(self, key: Key, receptacle: str) -> None:
        rows = pl.DataFrame({"line": [1], "receptacle_id": [receptacle], "parcel_id": [key[1]]})
        self._file(key, rows, Content.RECEPTACLES, lambda notes: notes.list_in(key, self.clock.at, receptacle))

    @rule(key=key_of, hours=st.integers(0, 2))
    def movement(self, key: Key, hours: int) -> None:
        happened = self.clock.at.replace(minute=0, second=0) - timedelta(hours=hours)
        rows = pl.DataFrame(
            {"line": [1], "parcel_id": [key[1]], "code": ["EMD"], "happened_at": [happened], "office": ["DEFRAA"]}
        ).with_columns(pl.col("happened_at").cast(TIME), reason=pl.lit(None, dtype=pl.String))
        self._file(
            key, rows, Content.MOVEMENTS, lambda notes: notes.movements.setdefault(key, set()).add(("EMD", happened))
        )

    @rule(key=any_key_of, result=result_of, reason=st.none() | st.sampled_from(list(CorrectionReason)))
    def outcome(self, key: Key, result: str, reason: CorrectionReason | None) -> None:
        """Record an outcome: the first, the same again, a contradiction, or a correction."""
        given = {"parcel_id": key[1], "operator": key[0], "result": result}
        rows = validate_outcomes(
            pl.DataFrame([given], schema={name: OUTCOME_SCHEMA[name] for name in given})
        ).rows.with_columns(pl.lit(reason, dtype=pl.String).alias(CORRECTION))
        self.clock.pass_by(seconds=1)
        after = copy.deepcopy(self.notes)
        expected = after.record(key, result, reason)
        done = self._write(after, lambda transaction: record(self.office, transaction, rows, OFFICER))
        if done is not None:
            assert _status(done[1]) == expected
        self._check_cards(key)

    @rule(key=key_of, method=st.sampled_from(("xray", "dog", "opened", "laboratory")), is_found=st.booleans())
    def stage(self, key: Key, method: str, is_found: bool) -> None:
        """Record one stage of an inspection, from which the outcome follows."""
        result = "found" if is_found else "nothing_found"
        row = {**EMPTY, "parcel_id": key[1], "operator": key[0], "stage": method, "result": result, "line": 1}
        self.clock.pass_by(seconds=1)
        after = copy.deepcopy(self.notes)
        expected = after.stage(key, method, result)
        done = self._write(after, lambda transaction: record_stages(self.office, transaction, [row], OFFICER))
        if done is not None:
            assert _status(done[1]) == expected
        self._check_cards(key)

    @rule(key=any_key_of)
    def dog_run(self, key: Key) -> None:
        """A dog past what one client has declared, which raises nothing; numbers that nobody declared are no matter."""
        numbers = [number for operator, number in (*KEYS, *BACK) if operator == key[0]]
        stage = {**EMPTY, "operator": key[0], "stage": "dog", "result": "nothing_found", "duration_s": 60}
        self.clock.pass_by(seconds=1)
        after = copy.deepcopy(self.notes)
        for number in numbers:
            after.stage((key[0], number), "dog", "nothing_found")
        self._write(after, lambda transaction: record_run(self.office, transaction, stage, numbers, OFFICER))
        self._check_cards(key)

    @rule(key=any_key_of, state=st.sampled_from(("in_hall", "presented", "held", "released")))
    def scan(self, key: Key, state: str) -> None:
        """Customs' own scan: where a parcel is changes no history."""
        row = {"line": 1, "parcel_id": key[1], "operator": key[0], "state": state, "scanned_at": None, "station": None}
        self.clock.pass_by(seconds=1)
        self._write(
            copy.deepcopy(self.notes), lambda transaction: record_scans(self.office, transaction, [row], OFFICER)
        )
        self._check_cards(key)

    @rule(key=any_key_of, end=st.sampled_from((None, "let_go", "gone")))
    def clock_entry(self, key: Key, end: str | None) -> None:
        """An owner, or an end, of a referral."""
        row = {"line": 1, "parcel_id": key[1], "operator": key[0], "owner": "shift 2", "end": end, "reason": "no use"}
        self.clock.pass_by(seconds=1)
        self._write(
            copy.deepcopy(self.notes), lambda transaction: decide_clocks(self.office, transaction, [row], OFFICER)
        )
        self._check_cards(key)

    @rule(time=st.sampled_from(({"minutes": 40}, {"hours": 9}, {"days": 3}, {"days": 95}, {"days": 366})))
    def time_passes(self, time: dict[str, float]) -> None:
        self.clock.pass_by(**time)

    @rule()
    def change_model(self) -> None:
        self.champion = self.small_model if self.champion is NO_MODEL else NO_MODEL
        self.office = replace(self.office, model=LiveModel(self.champion))

    @rule(is_clean=st.booleans())
    def restart(self, is_clean: bool) -> None:
        """End in order, with a snapshot, or as a kill does; begin again."""
        (self.office.close if is_clean else self.kill)()
        self.open()
        self.check_history()

    @precondition(lambda self: self.end is None)
    @rule(place=st.sampled_from(list(FAILPOINTS)), end=st.sampled_from((interrupt, disk_is_full)))
    def break_off_next(self, place: str, end: Callable[[], None]) -> None:
        """What is written next and comes to `place` ends there."""
        self.end = (place, end)

    # How it is done

    def _write(self, after: Notebook, work: Callable[[Transaction], Done]) -> Done | None:
        """Do it and note it; None when it was broken off. What was broken off before the commit is not noted."""
        if self.end is None:
            with self.office.writer.transaction() as transaction:
                done = work(transaction)
            self.notes = after
            return done
        place, end = self.end
        self.end = None
        try:
            with FAILPOINTS[place].armed(end), self.office.writer.transaction() as transaction:
                done = work(transaction)
        except (Interrupt, StoreError):
            if FAILPOINTS[place].is_committed:
                self.notes = after
            self.check_history()
            return None
        self.notes = after
        return done

    def _message(self, key: Key, rows: pl.DataFrame, note: Callable[[Notebook], str]) -> None:
        self.clock.pass_by(seconds=1)
        after = copy.deepcopy(self.notes)
        expected = note(after)
        client = Client(client_id=key[0], role=Role.OPERATOR, operator=key[0])
        done = self._write(after, lambda transaction: lodge(self.office, transaction, rows, client))
        if done is not None:
            assert _status(done[1]) == expected
        cards = self._check_cards(key)
        if done is not None and isinstance(done[1], Answer) and expected != "waiting" and not done[1].pending_until:
            assert cards[0].answer.version == done[1].version
            assert cards[0].answer.scored_at == done[1].scored_at
            assert cards[0].answer.referral is done[1].referral

    def _file(self, key: Key, rows: pl.DataFrame, content: Content, note: Callable[[Notebook], object]) -> None:
        self.clock.pass_by(seconds=1)
        after = copy.deepcopy(self.notes)
        note(after)
        client = Client(client_id=key[0], role=Role.OPERATOR, operator=key[0])
        part = Batch(rows=rows, n_rows=1)
        self._write(after, lambda transaction: accept(self.office, transaction, part, client, "file", content=content))
        self._check_cards(key)

    # What must be true

    def _check_cards(self, key: Key) -> list[LookedUp]:
        """What is looked up is what the notebook says; decisions are noted."""
        cards = [one for one in look_up(self.office, key[1], OFFICER).parcels if one.answer.operator == key[0]]
        mine = sorted((one for one in self.notes.parcels if one.key == key), key=lambda one: -one.touched)
        assert [_shown(card) for card in cards] == [_noted(one) for one in mine]
        for card, noted in zip(cards, mine, strict=True):
            if card.answer.scored_at == self.clock.at:
                self._check_row(card, noted)
                self._check_decision(card.answer, noted)
        for card in cards:
            told = {(one.code, one.happened_at) for one in card.movements}
            assert told <= self.notes.movements.get(key, set())
        return cards

    def _check_row(self, card: LookedUp, noted: Noted) -> None:
        """The row knows what was known of the sender before, without what was found in the parcel itself."""
        with self.office.store.begin_read() as connection:
            values = all_scores(connection)[card.facts["seq"]].features
        known = dict(zip(catalogue().names, values.tolist(), strict=True))
        before = self.notes.counts(noted.sender, but=noted, at=self.clock.at)
        for name in ("inspected", "found", "random"):
            value = known[f"sender_{name}" if name != "random" else "sender_random"]
            assert (0 if math.isnan(value) else value) == getattr(before, name), name

    def _check_decision(self, answer: Answer, noted: Noted) -> None:
        """Draws are made from the first lodging; a decision is never weakened while it stands."""
        first_us = (noted.first_at - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)
        (draw,) = self.office.seeds.draws([(*noted.key, first_us)])
        had = noted.referral if noted.stands or noted.takes_over else Referral.RELEASE
        if self.champion is NO_MODEL:
            drawn = draw < CAPACITY
            assert answer.referral is (Referral.OPEN if drawn or had.asks_inspection else Referral.NOT_ASSESSED)
        if had.asks_inspection:
            assert answer.referral.strength >= had.strength
        if noted.stands:
            assert answer.propensity >= noted.propensity
        if answer.cause is Cause.RANDOM and not noted.takes_over:
            assert draw < answer.propensity
        noted.referral, noted.cause, noted.propensity = answer.referral, answer.cause, answer.propensity

    def check_history(self) -> None:
        """History is the replay of the log; rows, scores, audit and counts agree with it and with the notebook."""
        with self.office.store.begin_read() as connection:
            log, stored = event_log.read(connection), all_scores(connection)
        engine = Engine()
        rows = joined(replay(log, engine, chunk=7))
        assert self.office.writer.digest() == engine.digest()
        assert sorted(stored) == rows.seq.tolist()
        described = log.filter(pl.col("kind") == PARCEL)["description"]
        model = self.small_model.bundle
        assert model is not None
        for seq, values, full in zip(
            rows.seq.tolist(), rows.values, model.completed(rows.values, described), strict=True
        ):
            wanted = values if stored[seq].bundle_id is None else full
            assert stored[seq].features.tobytes() == wanted.astype("<f8").tobytes()
        _check_one_outcome(log)
        self._check_counts(log)
        self._check_funnel()

    def _check_funnel(self) -> None:
        """Every referral has a clock, and every targeted parcel is at one step of the funnel."""
        at = self.clock.at
        with self.office.store.begin_read() as connection:
            parcels = targeted(connection, at - PERIOD, at + timedelta(seconds=1))
        (whole,) = funnels(parcels, By.ALL) or [None]
        assert sum(whole.stopped.values() if whole else ()) == len(parcels)
        assert len(referrals(self.office, with_ended=True)) == len(parcels)

    def _check_counts(self, log: pl.DataFrame) -> None:
        for sender in SENDERS:
            key = sender_key(self.office.secrets.identity, sender)
            if key not in log["sender_key"]:
                continue
            numbers = ledger(log, SENDER, key, self.clock.at).numbers
            noted = self.notes.counts(sender)
            assert {name: numbers[name] for name in vars(noted)} == vars(noted)


@cache
def sender_key(identity: IdentityKey, sender: str) -> int:
    rows = derive(declared(KEYS[0], sender, 340), identity, reference=shipped_reference())
    return int(rows["sender_key"].item())


def _check_one_outcome(log: pl.DataFrame) -> None:
    """Of all versions of a parcel at most one outcome is in force."""
    retracted = log.filter(pl.col("kind") == RETRACTION)["subject_seq"].to_list()
    lives = {
        row["seq"]: (row["operator"], row["parcel_id"], row["counted_at"] or row["known_at"])
        for row in log.filter(pl.col("kind") == PARCEL).to_dicts()
    }
    in_force = log.filter((pl.col("kind") == OUTCOME) & ~pl.col("seq").is_in(retracted))["subject_seq"].to_list()
    of = [lives[subject] for subject in in_force]
    assert len(of) == len(set(of))


def _status(one: Any) -> str:
    return str(one.code if isinstance(one, Rejection) else one.status)


def _shown(card: LookedUp) -> tuple[object, ...]:
    return (
        card.answer.version,
        card.answer.status == "cancelled",
        card.result,
        card.facts["gross_weight_g"],
        card.facts["receptacle_id"],
    )


def _noted(one: Noted) -> tuple[object, ...]:
    return one.version, one.is_cancelled, one.result, one.grams, one.receptacle


TestOffice = OfficeMachine.TestCase
TestOffice.settings = settings(
    derandomize=True,
    database=None,
    deadline=None,
    max_examples=15,
    stateful_step_count=30,
    suppress_health_check=list(HealthCheck),
)
