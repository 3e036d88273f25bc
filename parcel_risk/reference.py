"""Make the reference bundle again: `python -m parcel_risk.reference`, or `make reference`.

It is trained on a synthetic world of the scenario `demo`, so that the service answers straight after installation. It
says nothing about real mail.
"""

from __future__ import annotations

import datetime as dt
import shutil
from pathlib import Path

from data.synthetic import generate, load_scenario
from data.synthetic.event_log import event_log
from features.identity import IdentityKey
from features.model_store import REFERENCE
from parcel_risk.console import out, working
from training.fit.booster import Options
from training.fit.run import Plan, train, write_bundle

FOLDER = Path(__file__).parent.parent / "models" / REFERENCE
MOST_BYTES = 2_500_000
_KEY = IdentityKey(b"the reference world, nothing is kept")
_N_PARCELS, _N_DAYS, _SEED, _END_ON = 60_000, 180, 2026, dt.date(2026, 9, 30)


def make_reference(folder: Path = FOLDER) -> Path:
    """Train the reference bundle and write it to `folder`, in place of an older one."""
    with working("inventing a synthetic world and training on it"):
        world = generate(load_scenario("demo"), n_parcels=_N_PARCELS, n_days=_N_DAYS, seed=_SEED, end_on=_END_ON)
        options = Options(n_background=40_000)
        plan = Plan(name=REFERENCE, seed=_SEED, options=options, trained_by="make reference, on synthetic data")
        trained = train(event_log(world, _KEY), plan)
    if folder.exists():
        shutil.rmtree(folder)
    return write_bundle(trained, folder)


def size(folder: Path = FOLDER) -> int:
    """Bytes of the bundle."""
    return sum(file.stat().st_size for file in folder.iterdir())


if __name__ == "__main__":
    written = make_reference()
    out.print(f"{written}: {size(written):,} bytes")
