from __future__ import annotations

import numpy as np
import pytest

from features.declared import History, HistoryPart, history
from features.history import kernel

NAN = float("nan")
DAY_S = 86_400
PARTS = [value for value in vars(history).values() if isinstance(value, HistoryPart)]


def read(at_s: float = 100 * DAY_S, value_eur_cents: float = NAN, weight_g: float = NAN, **columns: float) -> History:
    """History of one parcel; what is not given was read as 0, as of an entity seen for the first time."""
    first = dict.fromkeys(kernel.READ, 0.0) | {"first_at": -1.0, "last_at": -1.0}
    return History(
        {name: np.array([value], dtype=np.float64) for name, value in (first | columns).items()},
        at_s=np.array([at_s], dtype=np.float64),
        value_eur_cents=np.array([value_eur_cents], dtype=np.float64),
        weight_g=np.array([weight_g], dtype=np.float64),
    )


CASES = [
    (history.n_1d, read(n_1d=2), 2.0),
    (history.n_7d, read(n_7d=3), 3.0),
    (history.n_30d, read(n_30d=4), 4.0),
    (history.n_90d, read(n_90d=5), 5.0),
    (history.n_7d_share_of_30d, read(n_7d=3, n_30d=4), 0.75),
    (history.n_7d_share_of_30d, read(), NAN),
    (history.others_30d, read(others_30d=6), 6.0),
    (history.other_is_known, read(other_seen=1), 1.0),
    (history.days_since_last, read(last_at=98.5 * DAY_S), 1.5),
    (history.days_since_last, read(), NAN),
    (history.days_known, read(first_at=0), 100.0),
    (history.days_known, read(), NAN),
    (history.weight_against_usual, read(weight_g=300, weight_90d=500, n_90d=5), 3.0),
    (history.weight_against_usual, read(weight_g=300), NAN),
    (history.weight_against_usual, read(weight_90d=500, n_90d=5), NAN),
    (history.value_against_usual, read(value_eur_cents=300, value_90d=500, n_90d=5), 3.0),
    (history.value_against_usual, read(value_eur_cents=300), NAN),
    (history.inspected, read(inspected=7), 7.0),
    (history.found, read(found=2), 2.0),
    (history.found_share, read(found=2, inspected=5), 0.25),
    (history.found_share, read(found=0, inspected=5), 0.05),
    (history.found_share, read(), NAN),
    (history.found_share_90d, read(found_90d=1, inspected_90d=1), 0.25),
    (history.found_share_90d, read(found=2, inspected=5), NAN),
]


@pytest.mark.parametrize(("part", "view", "expected"), [pytest.param(*case, id=case[0].name) for case in CASES])
def test_a_part_has_the_value_worked_out_by_hand(part: HistoryPart, view: History, expected: float):
    assert part.compute(view).tolist() == pytest.approx([expected], nan_ok=True)


def test_every_part_is_worked_out_by_hand_at_least_once():
    assert {part.name for part in PARTS} == {part.name for part, _, _ in CASES}


@pytest.mark.parametrize("part", PARTS, ids=lambda part: part.name)
def test_every_part_is_missing_for_a_parcel_without_the_entity(part: HistoryPart):
    view = read(weight_g=300, value_eur_cents=300, **dict.fromkeys(kernel.READ, NAN))
    assert np.isnan(part.compute(view)).all()


def test_a_share_seen_in_few_inspections_is_drawn_towards_one_in_ten():
    one, many = (history.found_share.compute(read(found=n, inspected=n))[0] for n in (1, 100))
    assert 0.1 < one < 0.3
    assert many > 0.95
