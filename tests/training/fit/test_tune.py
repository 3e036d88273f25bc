from __future__ import annotations

from tests.builders import a_dataset, small_columns
from training.data.splits import split_by_time
from training.fit.booster import Options, rows_of
from training.fit.tune import SPACE, drawn, search, with_trial

DATA = a_dataset(900, delay_days=1.0)
SPLIT = split_by_time(DATA)
OPTIONS = Options(n_background=150, monotone=False)


def rows(labelled, population):
    return rows_of(DATA, labelled=labelled, background=population, columns=small_columns(), options=OPTIONS, seed=1)


def searched(n_jobs: int):
    return search(
        rows(SPLIT.fit, SPLIT.fit_population),
        rows(SPLIT.tune, SPLIT.tune_population),
        options=OPTIONS,
        seed=5,
        n_trials=5,
        n_jobs=n_jobs,
    )


def test_the_first_trial_is_the_default_and_the_others_stay_within_bounds():
    assert drawn(0, 5) == ({}, True)
    for number in range(1, 30):
        params, _ = drawn(number, 5)
        assert all(params[name] in values for name, values in SPACE.items())
    assert drawn(3, 5) == drawn(3, 5) != drawn(4, 5)


def test_the_number_of_workers_changes_nothing_and_the_best_comes_first():
    one, two = searched(1), searched(2)
    assert one == two
    assert [trial.log_loss for trial in one] == sorted(trial.log_loss for trial in one)
    assert {trial.number for trial in one} == set(range(5))


def test_a_trial_goes_over_the_options_that_were_given():
    best = searched(1)[0]
    chosen = with_trial(Options(n_background=7, params={"max_bin": 63}), best)
    assert chosen.n_background == 7
    assert chosen.params == {"max_bin": 63, **best.params}
