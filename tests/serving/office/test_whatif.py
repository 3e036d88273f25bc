"""What would have happened: the columns that are kept say what the log says, however they came about."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from typer.testing import CliRunner

from features.bundle import Bundle
from features.event_rows import rows_of
from features.history import Engine
from features.log import PARCEL
from features.model_store import ModelStore
from features.parcel.problems import ParcelRiskError
from features.replay import feature_rows
from parcel_risk.cli import app
from parcel_risk.console import out
from policy import LinePolicy, Referral
from policy.rules import Checked, Program, Rule, of_log
from policy.shifts import Capacity, Shift
from serving.office.champion import load_champion
from serving.office.whatif import Asked, Question, what_if
from serving.settings import Settings
from serving.store import Store
from serving.store import log as event_log
from tests.docs.decision_rules import example
from tests.serving.bare import put_environment
from tests.stores import put_store
from tests.worlds import END, eventful_log
from training.data.labels import labelled_parcels

UNTIL = datetime.combine(END, datetime.min.time(), tzinfo=UTC) + timedelta(days=1)
SINCE = UNTIL - timedelta(days=60)
POLICY = LinePolicy(capacity_share=0.1)


@pytest.fixture(scope="module")
def home(models: Path, tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """An installation whose log has amended, cancelled and corrected events, and which nobody writes to."""
    folder = tmp_path_factory.mktemp("whatif") / "home"
    settings = put_store(
        Settings(home=folder, models_dir=models / "models", approvers_file=models / "home" / "approvers.txt")
    )
    with Store(settings.database, settings.segments) as store, store.begin() as connection:
        event_log.append(connection, rows_of(eventful_log(3_000)))
    return settings


@pytest.fixture(scope="module")
def store(home: Settings) -> Iterator[Store]:
    with Store(home.database, home.segments) as store:
        yield store


@pytest.fixture(scope="module")
def model(home: Settings) -> Bundle:
    found = load_champion(ModelStore(home.models_dir), home.trusted()).bundle
    assert found is not None
    return found


def a_rule(name: str, when: str, refer: str = "open") -> Checked:
    document: dict[str, Any] = {
        "name": name,
        "when": when,
        "refer": refer,
        "owner": "us",
        "legal_basis": "UCC, Article 46",
        "expires_on": "2099-12-31",
    }
    rule = Rule.from_document(document | {"must_match": [{"stream": "x"}], "must_not_match": [{"stream": "x"}]})
    from policy.rules import read

    return Checked(rule=rule, tree=read(rule.when))


LIGHT = a_rule("light", "gross_weight_g < 40 AND sender_n_28d < 3")
WORDED = a_rule("worded", "description CONTAINS ANY LIST cover_goods AND gross_weight_g < 150", "xray")
QUESTION = Question(since=SINCE, until=UNTIL, rules=(LIGHT, WORDED), policy=POLICY)


def ask(store: Store, home: Path, question: Question) -> Asked:
    with store.begin_read() as connection:
        return what_if(connection, home, question)


def test_the_figures_are_those_of_the_log(store: Store, home: Settings, model: Bundle) -> None:
    made = ask(store, home.home, replace(QUESTION, model=model)).compared
    with store.begin_read() as connection:
        log = event_log.read(connection)
    parcels = log.filter(log["kind"] == PARCEL)
    lives = parcels.select("seq", first_at=pl.coalesce("counted_at", "known_at"), number="parcel_id")
    labelled = labelled_parcels(log).join(lives, on="seq").filter(pl.col("first_at").is_between(SINCE, UNTIL, "left"))
    assert made.n == labelled.height
    assert log.filter(log["counted_at"].is_not_null()).height, "some parcels have versions"
    assert made.was.n == labelled["is_selected"].sum()
    assert made.was.n_found == (labelled["label"] == 1).sum()
    hits = Program([LIGHT.tree, WORDED.tree]).hits(of_log(parcels, feature_rows(log, Engine()).values))
    for one, hit in zip(made.sources, hits, strict=True):
        is_hit = lives.filter(pl.Series(hit)).select("first_at", "number").unique()
        assert one.n_hits == is_hit.join(labelled, on=["first_at", "number"]).height > 0
    assert made.surely.n + made.drawn == pytest.approx(made.n * POLICY.capacity_share, rel=0.2)
    assert made.surely.estimated.low <= made.surely.estimated.value <= made.surely.estimated.high
    assert made.missed.value > 0
    assert sum(part.n for part in made.by_origin) == made.n


def test_a_stopped_score_selects_nothing_where_it_is_stopped(store: Store, home: Settings, model: Bundle) -> None:
    asked = replace(QUESTION, rules=(), model=model)
    everything = ask(store, home.home, asked).compared
    of_line = {"line": "hall 1", "condition": "gross_weight_g < 400"}
    one = ask(store, home.home, replace(asked, stops=(of_line,)))
    assert "the score is stopped for hall 1: there it selects nothing, and others get its minutes" in one.notes
    none = ask(store, home.home, replace(asked, stops=({"line": None, "condition": None},))).compared
    assert everything.surely.n > 0
    assert none.surely.n == 0, "without rules and lists only chance is left"
    assert (none.n, one.compared.n) == (everything.n, everything.n)
    heavy = ask(store, home.home, replace(asked, rules=(a_rule("light", "gross_weight_g < 400"),), stops=(of_line,)))
    by_rule = heavy.compared.sources[0]
    assert by_rule.unique.n == by_rule.n_hits, "the score selects none of those that the rule hits"


def test_a_rule_that_was_seen_before_needs_no_log(home: Settings, tmp_path: Path, model: Bundle) -> None:
    question = replace(QUESTION, model=model, until=UNTIL - timedelta(days=5))
    shutil.copyfile(home.home / "parcel-risk.db", tmp_path / "copy.db")
    renamed = replace(LIGHT, rule=replace(LIGHT.rule, name="other", refer=Referral.XRAY))
    with Store(f"sqlite:///{tmp_path / 'copy.db'}") as copy:
        first = ask(copy, tmp_path, question)
        with copy.begin() as connection:
            connection.exec_driver_sql("DELETE FROM tail WHERE seq < (SELECT max(seq) FROM tail)")
        assert_same(ask(copy, tmp_path, question), first)
        other = ask(copy, tmp_path, replace(question, rules=(renamed,)))
        assert other.compared.sources[0].n_hits == first.compared.sources[0].n_hits, "the same by another name"
        with copy.begin() as connection:
            connection.exec_driver_sql("UPDATE tail SET known_at = known_at + 1")
        with pytest.raises(ParcelRiskError, match="no parcel became known"):
            ask(copy, tmp_path, question)  # a log that is not the same any more is read anew


def test_columns_that_grew_with_the_log_are_those_of_one_replay(
    store: Store, tmp_path: Path, model: Bundle, monkeypatch: pytest.MonkeyPatch
) -> None:
    question = replace(QUESTION, model=model, policy=POLICY)
    grown, whole = tmp_path / "grown", tmp_path / "whole"
    middle, parts = 2_500, event_log.parts
    with monkeypatch.context() as patched:
        # The log as it was some time ago.
        patched.setattr(event_log, "last_seq", lambda connection: middle)
        patched.setattr(
            event_log,
            "parts",
            lambda connection, **named: (
                part.filter(part["seq"] <= middle) for part in parts(connection, **named) if part["seq"][0] <= middle
            ),
        )
        ask(store, grown, question)
    new = a_rule("new", "stream = 'letter' AND recipient_loose_n_28d < 2")
    with_new = replace(question, rules=(LIGHT, new, WORDED))
    assert_same(ask(store, grown, with_new), ask(store, whole, with_new))
    for path in (whole / "whatif").glob("*.bin"):
        assert path.read_bytes() == (grown / "whatif" / path.name).read_bytes(), path.name


def assert_same(one: Asked, other: Asked) -> None:
    for name in ("surely", "was", "missed", "sources", "by_lane", "by_origin"):
        assert getattr(one.compared, name) == getattr(other.compared, name)
    assert np.array_equal(one.compared.by_hour, other.compared.by_hour)


def test_shifts_bound_the_work_of_each_window(store: Store, home: Settings, model: Bundle) -> None:
    hands = Capacity(shifts=(Shift(line="hall", weekdays=frozenset(range(7)), begins=360, ends=840, hands=0.2),))
    made = ask(store, home.home, Question(since=SINCE, until=UNTIL, model=model, capacity=hands)).compared
    assert 0 < made.by_hour.sum() <= 0.2 * 480 + 1e-6
    more = Question(
        since=SINCE, until=UNTIL, model=model, capacity=replace(hands, minutes={Referral.OPEN: 240.0}), rules=(LIGHT,)
    )
    assert ask(store, home.home, more).compared.overrun_minutes > 0


def test_a_period_without_parcels_and_one_that_is_none_are_refused(store: Store, home: Settings) -> None:
    with pytest.raises(ParcelRiskError, match="no parcel became known"):
        ask(store, home.home, Question(since=UNTIL + timedelta(days=900), until=UNTIL + timedelta(days=901)))
    with pytest.raises(ParcelRiskError, match="ends after it begins"):
        Question(since=UNTIL, until=SINCE)


def test_the_command_tries_a_rule_and_leaves_a_list_out(
    home: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put_environment(monkeypatch, home)
    monkeypatch.setattr(out, "width", 200)
    rule, report = tmp_path / "rule.toml", tmp_path / "report.html"
    rule.write_text(example().replace("2027-06-30", "2099-12-31"))
    days = ["--from", SINCE.date().isoformat(), "--to", UNTIL.date().isoformat()]
    words = ["whatif", "--rules", str(rule), "--capacity", "0.1", *days, "--out", str(report)]
    done = CliRunner().invoke(app, words, env={"COLUMNS": "200"}, catch_exceptions=False)
    assert "rule:cover-letters" in done.output
    assert "missed: about" in done.output
    assert "Work by hour of the day" in report.read_text()
    with pytest.raises(ParcelRiskError, match="no live rule or list nothing"):
        CliRunner().invoke(app, ["whatif", "--without", "nothing", *days], catch_exceptions=False)
