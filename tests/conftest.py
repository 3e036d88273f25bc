"""A small installation with a released model, made once by the real commands' own functions."""

from __future__ import annotations

import fcntl
import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import settings as hypothesis_settings

os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")

from features import ahead
from features.model_store import ModelStore
from serving.installation import Installation
from serving.intake.backfill import backfill
from serving.keys import make_keys
from serving.office.office import Office
from serving.settings import Settings
from tests.stores import put_past, put_store
from tests.worlds import END, small_past
from training.fit.run import Plan, train, write_bundle
from training.registry.release import approve

SLOW = (
    "parcel_risk",
    "notebooks",
    "synthetic",
    "training",
    "test_reference.py",
    "serving/test_crashes.py",
    "serving/test_leader.py",
    "serving/pages/test_scans.py",
    "serving/api/test_fuzz.py",
    "features/replay",
)
"""Files of few tests that take minutes: begun first, so that at the end no core waits for one of them."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Slow files first; within them, and behind them, in the order of collection."""
    folder = Path(__file__).parent
    items.sort(key=lambda item: not str(item.path.relative_to(folder)).startswith(SLOW))


def pytest_configure(config: pytest.Config) -> None:
    """Compile the kernels before workers start, so that none of them does."""
    if not hasattr(config, "workerinput"):
        ahead.main()


hypothesis_settings.register_profile("suite", deadline=None)  # a busy machine is not a fault of the code
hypothesis_settings.load_profile("suite")


@dataclass
class Clock:
    """A clock that stands still until it is told to go on."""

    at: datetime = datetime.combine(END, datetime.min.time(), tzinfo=UTC) + timedelta(days=30, hours=8)

    def __call__(self) -> datetime:
        return self.at

    def pass_by(self, **time: float) -> None:
        self.at += timedelta(**time)


@pytest.fixture(scope="session")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Models folder with one champion, trained on a small synthetic world, and beside it the keys of its approver.

    Workers that run in parallel share it: the first one makes it, the others wait. Runs share the one in the folder
    ``TEST_MODELS``, where that is given.
    """
    given = os.environ.get("TEST_MODELS")
    if given is None and "PYTEST_XDIST_WORKER" not in os.environ:
        return make_models(tmp_path_factory.mktemp("models"))
    folder = Path(given) if given else tmp_path_factory.getbasetemp().parent / "models"
    with folder.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        done = folder.with_suffix(".done")
        if not done.exists():
            # What a worker that failed has left is not used.
            shutil.rmtree(folder, ignore_errors=True)
            make_models(folder)
            done.touch()
    return folder


def make_models(folder: Path) -> Path:
    """Train and approve by the real commands' own functions."""
    settings = Settings(home=folder / "home", models_dir=folder / "models")
    make_keys(settings, approver="test approver")
    office = Installation.open(settings).office()
    backfill(office, small_past(), folder=settings.home / "backfill")
    office.store.close()
    office.secrets.vault.close()
    trained = train(log_of(settings), Plan(name="parcel-risk-test", trained_by="test trainer"))
    write_bundle(trained, settings.models_dir / "parcel-risk-test")
    approve(
        ModelStore(settings.models_dir),
        "parcel-risk-test",
        approver="test approver",
        key=settings.keys / "approver.pem",
        trusted=settings.trusted(),
    )
    return folder


def log_of(settings: Settings):  # type: ignore[no-untyped-def]
    """Log of a store."""
    from parcel_risk.stored_log import read_log

    return read_log(settings)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def settings(models: Path, tmp_path: Path) -> Settings:
    """Settings of an installation of its own: empty store, the session's model and keys; nothing is drawn by chance."""
    return put_store(
        Settings(
            home=tmp_path / "home",
            models_dir=models / "models",
            keys_dir=models / "home" / "keys",
            approvers_file=models / "home" / "approvers.txt",
            random_share=0.0,
            port=0,
        )
    )


@pytest.fixture
def office_with_past(settings: Settings, clock: Clock, models: Path) -> Iterator[Office]:
    """An office whose log holds the small synthetic past that the model was trained on."""
    office = Installation.open(put_past(settings, models / "home"), clock).office()
    yield office
    office.store.close()


@pytest.fixture
def reopened(settings: Settings, clock: Clock) -> Callable[[Office], Office]:
    """Close an office and open it again, as a restart does."""

    def reopen(office: Office) -> Office:
        office.close()
        return Installation.open(settings, clock).office()

    return reopen
