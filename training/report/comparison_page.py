"""Two models on the same parcels, as a page: figures next to each other, what is gained and lost, how scores differ."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl
from matplotlib.figure import Figure

from features.bundle import Bundle
from policy.estimates import EstimatedFindings
from training.evaluation.comparison import Compared
from training.report.html import heading, page, paragraph, picture, shown, table
from training.report.plots import saved
from training.report.training_report import HEADLINES

_N_READ = 15


def write_comparison(compared: Compared, first: Bundle, second: Bundle, folder: Path, *, is_new: bool) -> Path:
    """Write ``comparison.html`` with its picture into `folder`; return the page."""
    folder.mkdir(parents=True, exist_ok=True)
    names = first.meta.name, second.meta.name
    content = [
        paragraph(_says(compared, *names, is_new=is_new)),
        table(
            ("opened by", "parcels", "inspected", "findings known", "estimated findings", "90 % interval"),
            [
                _row("both", compared.both),
                _row(f"only {names[1]} (newly caught)", compared.newly),
                _row(f"only {names[0]} (newly lost)", compared.lost),
            ],
        ),
        picture(_ranks(compared, names, folder / "ranks.png"), "Rank of each parcel by one model and by the other"),
        heading("What each run measured by itself"),
        paragraph(
            "Each on its own test slice; where these differ the figures cannot be compared, and the table above counts."
        ),
        table(("figure", *names), _figures(first, second)),
        heading("What each was made from"),
        table(("fact", *names), _facts(first, second)),
        heading("What only one of them reads"),
        table(("model", "features"), [(names[0], _only(first, second)), (names[1], _only(second, first))]),
    ]
    written = folder / "comparison.html"
    written.write_text(page(f"{names[0]} and {names[1]}", content), "utf-8")
    return written


def _says(compared: Compared, first: str, second: str, *, is_new: bool) -> str:
    gained, lost = compared.newly.total, compared.lost.total
    if gained.low > lost.high:
        verdict = f"{second} finds more than {first}, beyond chance."
    elif lost.low > gained.high:
        verdict = f"{first} finds more than {second}, beyond chance."
    else:
        verdict = "These parcels do not show which finds more: the intervals overlap."
    which = "that neither was trained on" if is_new else "of the test slice; final models have seen their labels"
    return (
        f"{verdict} {compared.n_parcels:,} parcels {which}; each opens {compared.capacity:.2%} of them; rank "
        f"correlation {compared.rank_correlation:.3f}."
    )


def _row(name: str, found: EstimatedFindings) -> tuple[object, ...]:
    ends = f"{found.total.low:.1f} to {found.total.high:.1f}"
    return name, found.n_parcels, found.n_inspected, found.n_found, found.total.value, ends


def _ranks(compared: Compared, names: tuple[str, str], path: Path) -> Path:
    """Share of parcels with a higher score by each model; findings on top."""
    ranks = compared.parcels.select(
        "label",
        *(
            (pl.col(column).rank("ordinal", descending=True) / pl.len()).alias(column)
            for column in ("raw_first", "raw_second")
        ),
    )
    figure = Figure(figsize=(6.5, 6), layout="constrained")
    axes = figure.subplots()
    x, y = ranks["raw_first"].to_numpy(), ranks["raw_second"].to_numpy()
    lowest = np.log10(1 / max(2, x.size))
    drawn = axes.hexbin(
        x, y, xscale="log", yscale="log", gridsize=35, bins="log", cmap="Greys", extent=(lowest, 0, lowest, 0)
    )
    figure.colorbar(drawn, ax=axes, label="parcels")
    for label, name, colour, size in ((0, "nothing found", "tab:blue", 5), (1, "found", "tab:orange", 24)):
        mine = (ranks["label"] == label).fill_null(value=False).to_numpy()
        named = f"{name} ({int(mine.sum()):,})"
        axes.scatter(x[mine], y[mine], s=size, color=colour, zorder=2 + label, label=named)
    axes.axvline(compared.capacity, color="grey", linestyle="--", linewidth=0.8)
    axes.axhline(compared.capacity, color="grey", linestyle="--", linewidth=0.8)
    axes.set(xlabel=f"place by {names[0]}, share of all parcels", ylabel=f"place by {names[1]}")
    axes.set_title("Place of each parcel (dashed: capacity)")
    axes.legend(loc="lower right")
    return saved(figure, path)


def _figures(first: Bundle, second: Bundle) -> list[tuple[object, ...]]:
    return [(name, *(_with_ends(bundle.meta.metrics, name) for bundle in (first, second))) for name in HEADLINES]


def _with_ends(metrics: dict[str, float], name: str) -> str:
    if name not in metrics:
        return "not known"
    low, high = metrics.get(f"{name}_low"), metrics.get(f"{name}_high")
    ends = "" if low is None or high is None else f" [{shown(low)}, {shown(high)}]"
    return f"{shown(metrics[name])}{ends}"


def _facts(first: Bundle, second: Bundle) -> list[tuple[object, ...]]:
    named = ("as_of", "n_parcels", "n_inspected", "n_found", "test_from", "regime", "n_trees", "trained_by")
    return [(name, *(bundle.meta.training.get(name, "not recorded") for bundle in (first, second))) for name in named]


def _only(mine: Bundle, other: Bundle) -> str:
    names = sorted(set(mine.meta.features) - set(other.meta.features))
    rest = f", and {len(names) - _N_READ:,} more" if len(names) > _N_READ else ""
    return ", ".join(names[:_N_READ]) + rest or "none"
