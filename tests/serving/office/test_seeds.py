"""Seeds of draws are committed before their day, and whoever has one later finds every draw as it was."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from sqlalchemy import delete, select, update

from features.bundle import Reference
from features.parcel.problems import ParcelRiskError, StoreError
from policy.seeds import commitment, seed_of
from serving.office.seeds import AHEAD, keep_committed, revealed_seed
from serving.office.verifying_draws import DrawsVerified, verify_draws
from serving.settings import Settings
from serving.store import Store
from serving.store.policy_history import committed_days, draw_days, policies_known
from serving.store.tables import audit, scores
from tests.conftest import Clock
from tests.serving.bare import bare_settings, opened
from tests.serving.office.test_writer import lodged, outcome


@pytest.fixture
def half(tmp_path: Path) -> Settings:
    """An installation without a model that draws half of its parcels."""
    return bare_settings(tmp_path).model_copy(update={"capacity_share": 0.5})


def verified(settings: Settings, day: date, seed: bytes | None = None) -> DrawsVerified:
    given = seed_of(settings.secret("draw"), day) if seed is None else seed
    with Store(settings.database) as store, store.begin_read() as connection:
        return verify_draws(connection, given, day, no_bundle)


def no_bundle(_: str) -> Reference | None:
    return None


def test_seeds_are_committed_days_ahead_and_noted(half: Settings, clock: Clock) -> None:
    with opened(half, clock) as office:
        today = clock.at.date()
        clock.pass_by(days=2)
        keep_committed(office)
        keep_committed(office)
        with office.store.begin_read() as connection:
            found = committed_days(connection)
            noted = connection.execute(select(audit.c.detail).where(audit.c.action == "draws")).scalars().all()
    assert list(found) == [date.fromordinal(today.toordinal() + n) for n in range(AHEAD.days + 3)]
    assert noted == [f"seed committed {day} {one.commitment}" for day, one in found.items()]
    assert found[today].commitment == commitment(seed_of(half.secret("draw"), today))


def test_another_draw_key_than_the_committed_one_is_refused(half: Settings, clock: Clock) -> None:
    with opened(half, clock):
        pass
    (half.keys / "draw.key").write_bytes(b"x" * 32)
    with pytest.raises(StoreError, match=r"committed under another draw\.key"), opened(half, clock):
        pass


def test_a_seed_is_revealed_only_when_its_day_is_over(half: Settings, clock: Clock) -> None:
    day = clock.at.date()
    with opened(half, clock) as office, office.store.begin() as connection:
        with pytest.raises(ParcelRiskError, match="is not over"):
            revealed_seed(connection, office.seeds.secret, day, clock.at, client_id="officer")
        clock.pass_by(days=1)
        seed = revealed_seed(connection, office.seeds.secret, day, clock.at, client_id="officer")
        assert commitment(seed) == committed_days(connection)[day].commitment
        assert committed_days(connection)[day].revealed_at is not None
        with pytest.raises(ParcelRiskError, match="no seed was committed"):
            revealed_seed(connection, office.seeds.secret, date(2000, 1, 1), clock.at, client_id="officer")


@pytest.fixture
def drawn(half: Settings, clock: Clock) -> Settings:
    """Forty parcels of one day, of which some were amended on the next, one inspected before that, one of each day."""
    with opened(half, clock) as office:
        for start in range(0, 40, 10):
            lodged(office, *(f"P-{number}" for number in range(start, start + 10)))
        outcome(office, "P-3", "nothing_found")
        clock.pass_by(days=1)
        lodged(office, "P-1", "P-2", "P-3", gross_weight_g=999)
        lodged(office, "Q-1")
    return half


def test_every_draw_of_a_day_is_computed_again(drawn: Settings, clock: Clock) -> None:
    today = clock.at.date()
    day = date.fromordinal(today.toordinal() - 1)
    found = verified(drawn, day)
    assert found.is_sound
    assert (found.n_checked, found.n_unknown, found.n_erased, found.n_before) == (43, 0, 0, 0)
    assert 5 < found.n_drawn < 38
    assert verified(drawn, today).n_checked == 1
    with Store(drawn.database) as store, store.begin_read() as connection:
        assert len(policies_known(connection)) == 1


@pytest.mark.parametrize(
    ("cause", "changed", "what"),
    [
        ("none", {"propensity": 0.25}, "propensity"),
        ("random", {"referral": "release", "cause": "none"}, "selected"),
        ("none", {"referral": "open", "cause": "random"}, "drawn"),
    ],
)
def test_a_decision_that_was_changed_is_named(
    drawn: Settings, clock: Clock, cause: str, changed: dict[str, object], what: str
) -> None:
    day = date.fromordinal(clock.at.date().toordinal() - 1)
    with Store(drawn.database) as store, store.begin() as connection:
        seq = min(connection.execute(select(scores.c.seq).where(scores.c.cause == cause)).scalars())
        connection.execute(update(scores).where(scores.c.seq == seq).values(**changed))
    found = verified(drawn, day)
    assert not found.is_sound
    assert found.first is not None
    assert (found.n_different, found.first.seq, found.first.what) == (1, seq, what)


def test_another_seed_and_a_late_commitment_are_found(drawn: Settings, clock: Clock) -> None:
    day = date.fromordinal(clock.at.date().toordinal() - 1)
    other = verified(drawn, day, seed=b"chosen afterwards")
    assert not other.is_committed
    assert other.n_different > 0
    with Store(drawn.database) as store, store.begin() as connection:
        late = update(draw_days).where(draw_days.c.day == day.isoformat())
        connection.execute(late.values(committed_at=draw_days.c.committed_at + 3_600_000_000))
    assert not verified(drawn, day).is_in_time


def test_parcels_from_before_seeds_were_committed_keep_their_draws(drawn: Settings, clock: Clock) -> None:
    """As in a store of an earlier program: it is opened on the day itself, and commits then."""
    with Store(drawn.database) as store, store.begin() as connection:
        connection.execute(delete(draw_days))
    clock.pass_by(hours=1)
    with opened(drawn, clock) as office:
        lodged(office, "Q-2")
        assert office.seeds.since_us == max(one.committed_at for one in _committed(office.store).values())
    found = verified(drawn, clock.at.date())
    assert (found.n_checked, found.n_before, found.is_sound) == (1, 1, True)


def _committed(store: Store) -> dict[date, object]:
    with store.begin_read() as connection:
        return dict(committed_days(connection))
