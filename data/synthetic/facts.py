"""The fact sheet of a world: realised figures compared with those it was made after, as Markdown with plots."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import polars as pl

from data.synthetic.hardness import CAPACITY_SHARE, Hardness
from data.synthetic.plots import draw_plots
from data.synthetic.pools import words
from data.synthetic.settings import Scenario
from data.synthetic.world import World
from features.parcel.fields import STREAMS
from features.parcel.goods import goods
from features.parcel.reference import shipped_reference

_DRUGS = ("cannabis", "cocaine", "heroin", "synthetic", "fentanyl")


@dataclass(frozen=True, kw_only=True)
class Fact:
    """One realised figure and what it is compared with."""

    name: str
    value: float
    text: str
    wanted: str
    source: str


def fact_sheet(world: World, scenario: Scenario, out: Path, *, hardness: Hardness | None = None) -> Path:
    """Write ``FACTS.md`` and its plots into the folder `out`; return the path of the sheet.

    Parameters
    ----------
    hardness:
        Result of `data.synthetic.hardness.measure`, when it is to be part of the sheet.
    """
    out.mkdir(parents=True, exist_ok=True)
    plots = draw_plots(world, out)
    days = world.parcels["lodged_at"].dt.date().n_unique()
    lines = [
        f"# Facts about the synthetic world `{scenario.name}`",
        "",
        f"{scenario.title}. {scenario.says}",
        "",
        f"**Synthetic**: {world.parcels.height:,} invented parcels over {days} days, seed {world.seed}. Wanted figures "
        "are public ones collected for the project, or settings of the scenario where no public figure exists.",
        "",
        *_table(facts(world)),
        "",
        "## Mass of contraband by class",
        "",
        *_masses(world),
        "",
        *_hardness(hardness),
        *(f"![{path.stem.replace('_', ' ')}]({path.name})" for path in plots),
        "",
    ]
    sheet = out / "FACTS.md"
    sheet.write_text("\n".join(lines), "utf-8", newline="\n")
    return sheet


def facts(world: World) -> list[Fact]:
    """Measure a world: prevalence, inspection, hit rate, data quality, senders, delays."""
    return [*_flow(world), *_inspection(world), *_quality(world)]


def _share(name: str, value: float | None, wanted: str, source: str, digits: int = 1) -> Fact:
    value = float("nan") if value is None else value
    return Fact(name=name, value=value, text=f"{100 * value:.{digits}f} %", wanted=wanted, source=source)


def _number(name: str, value: float | None, unit: str, wanted: str, source: str) -> Fact:
    value = float("nan") if value is None else value
    return Fact(name=name, value=value, text=f"{value:,.1f} {unit}".strip(), wanted=wanted, source=source)


def _mean(column: pl.Series) -> float | None:
    value = column.mean()
    return float(value) if isinstance(value, (int, float)) else None


def _part(flags: pl.Series) -> float | None:
    return _mean(flags.cast(pl.Float64))


def _median(column: pl.Series) -> float | None:
    value = column.median()
    return float(value) if isinstance(value, (int, float)) else None


def _flow(world: World) -> list[Fact]:
    scenario, parcels = world.scenario, world.parcels
    total = sum(stream.share for stream in scenario.streams.values())
    figures = []
    for name in STREAMS:
        of_stream = parcels.filter(pl.col("stream") == name)
        settings = scenario.streams[name]
        figures.append(
            _share(
                f"parcels in stream {name}",
                of_stream.height / parcels.height,
                f"{100 * settings.share / total:.0f} %",
                "proposed default",
            )
        )
        figures.append(
            _number(
                f"median weight, {name}",
                _median(of_stream["gross_weight_g"]),
                "g",
                f"{settings.weight_median_g:.0f} g",
                "proposed default",
            )
        )
    per_sender = parcels.group_by("sender_name", "sender_postcode").len()["len"]
    value = goods(parcels, reference=shipped_reference())["declared_value_eur_cents"] / 100
    prevalence = world.truth["contains"].count() / parcels.height
    drugs = world.truth.filter(pl.col("contains").is_in(_DRUGS)).height / parcels.height
    return [
        _share(
            "contraband in the mail flow",
            prevalence,
            f"{100 * scenario.contraband.prevalence_share:.2f} %",
            "ANAO audit, AU 2012-13",
            3,
        ),
        _share("drugs in the mail flow", drugs, "about a sixth of contraband", "proposed default", 3),
        *figures,
        _number("median declared value", _median(value), "EUR", "6 EUR", "proposed default; EU mean below 9 EUR"),
        _share("declared value up to 150 EUR", _part(value.drop_nulls() <= 150), "97 %", "EU Commission"),
        _number("mean parcels per sender", _mean(per_sender), "", "no public figure", "ours"),
        _share("senders seen once", _part(per_sender == 1), "no public figure", "ours"),
    ]


def _inspection(world: World) -> list[Fact]:
    settings, outcomes = world.scenario.inspection, world.outcomes
    selected = world.policy.filter(pl.col("cause") != "none")
    opened = outcomes.filter(pl.col("method") == "opened")
    n_found = outcomes.filter(pl.col("result") == "found").height
    n_contraband = world.truth["contains"].count()
    lodged = outcomes.join(world.parcels.select("parcel_id", "operator", "lodged_at"), on=["parcel_id", "operator"])
    delay = (lodged["known_at"] - lodged["lodged_at"]).dt.total_hours() / 24
    return [
        _share(
            "selected for inspection",
            selected.height / world.parcels.height,
            f"{100 * settings.share:.2f} %",
            "setting",
            3,
        ),
        _share(
            "selected at random, of the selected",
            _part(selected["cause"] == "random"),
            f"{100 * settings.random_share:.0f} %",
            "setting",
        ),
        _share(
            "presented, of the outcomes",
            _part(outcomes["result"] != "not_presented"),
            "67 to 88 %",
            "USPS OIG 2016 to 2018",
        ),
        _share("opened, of all arrivals", opened.height / world.parcels.height, "0.12 %", "ANAO audit, AU 2012-13", 3),
        _share(
            "hit rate of opened parcels", _part(opened["result"] == "found"), "25 to 35 %", "AU 2012-13 and 2016-17"
        ),
        _share("findings, of all arrivals", n_found / world.parcels.height, "0.037 %", "ANAO audit, AU 2012-13", 3),
        _share(
            "found, of the contraband",
            n_found / n_contraband if n_contraband else None,
            "about 13 %",
            "ANAO audit, AU 2012-13",
        ),
        _number("median days from lodging to outcome", _median(delay), "d", "days to weeks", "proposed default"),
    ]


def _quality(world: World) -> list[Fact]:
    settings, parcels = world.scenario.quality, world.parcels
    pieces = parcels["pieces"]
    flat = parcels.hstack(goods(parcels, reference=shipped_reference()).select("hs_code", "description"))
    declared = flat.filter(pl.col("pieces").list.len() > 0)
    generic = declared["description"].is_in(list(words("generic")))
    return [
        _share(
            "contents declared",
            _part(pieces.list.len().fill_null(0) > 0),
            f"{100 - 100 * settings.contents_missing_share:.0f} %",
            "proposed default 90 to 98 %",
        ),
        _share(
            "manifest before arrival",
            _part(parcels["lodged_at"] <= parcels["due_at"]),
            f"{100 * settings.on_time_share:.0f} %",
            "proposed default",
        ),
        _share(
            "HS code given",
            _part(declared["hs_code"].is_not_null()),
            f"{100 * settings.hs_given_share:.0f} %",
            "proposed default",
        ),
        _share(
            "recipient's phone given",
            _part(parcels["recipient_phone"].is_not_null()),
            f"{100 * settings.recipient_phone_share:.0f} %",
            "proposed default",
        ),
        _share("description names nothing", _part(generic), "12 %", "proposed default"),
    ]


def _table(rows: list[Fact]) -> list[str]:
    return [
        "| figure | realised (synthetic) | wanted | source |",
        "|---|---:|---|---|",
        *(f"| {fact.name} | {fact.text} | {fact.wanted} | {fact.source} |" for fact in rows),
    ]


def _masses(world: World) -> list[str]:
    held = world.truth.filter(pl.col("contains").is_not_null())
    if held.height == 0:
        return ["No contraband in this world."]
    rows = held.group_by("contains").agg(
        pl.len().alias("n"),
        pl.col("vendor_id").n_unique().alias("vendors"),
        pl.col("mass_g").median().alias("median"),
        pl.col("mass_g").mean().alias("mean"),
    )
    return [
        "| class | parcels | vendors | median g | mean g |",
        "|---|---:|---:|---:|---:|",
        *(
            "| {contains} | {n:,} | {vendors:,} | {median:,.0f} | {mean:,.0f} |".format(**row)
            for row in rows.sort("contains").iter_rows(named=True)
        ),
    ]


def _hardness(result: Hardness | None) -> list[str]:
    if result is None:
        return []
    return [
        "## How hard it is (synthetic results)",
        "",
        f"Judged on the last 30 % of the window: {result.n_positive:,} parcels with contraband; capacity "
        f"{100 * CAPACITY_SHARE:.1f} % of them. The model trained on inspected parcels had {result.n_labels:,} "
        f"outcomes with {result.n_found:,} findings.",
        "",
        "| ranking | share of contraband within capacity |",
        "|---|---:|",
        f"| model trained on the full truth | {100 * result.recall_truth:.1f} % |",
        f"| the same without history | {100 * result.recall_no_history:.1f} % |",
        f"| model trained on inspected parcels | {100 * result.recall_inspected:.1f} % |",
        f"| historic rules | {100 * result.recall_rules:.1f} % |",
        f"| historic rules and watch-list, fed by other offices too | {100 * result.recall_rules_and_lists:.1f} % |",
        "",
        f"AUC of the model trained on the full truth: {result.truth_auc:.3f}. "
        f"Best single feature: `{result.best_feature}`, AUC {result.best_feature_auc:.3f}.",
        "",
    ]
