"""The model card: what a bundle was made from, what it can do, what it must not be used for."""

from __future__ import annotations

from features.bundle import BundleMeta

_TEXT = """# Model card: {name}

Advice about consignments for customs screening lines. A person decides; the score by itself seizes, refuses or releases
nothing, and it must not be used about persons.

| | |
|---|---|
| data known at | {as_of} |
| parcels in the data | {n_parcels:,} |
| inspected, with a mature outcome | {n_inspected:,} |
| findings among them | {n_found:,} |
| lodged | {first_lodged_at} to {last_lodged_at} |
| labels left out as immature | parcels of the last {maturity_days:.1f} days |
| stations left out | {stations} |
| features | {n_features} (catalogue {fingerprint}) |
| fit | weights {weights}, background of at most {n_background:,} parcels, directions binding: {monotone} |
| capacity | {regime} |
| trees | {n_trees}, seed {seed} |
| trained by | {trained_by} |
| data digest | {data_digest} |
| mean value of a finding | {points_per_finding:.2f} severity points (table of {severity_date}: {severity_source}) |

## Estimates for the screened population (lodged from {test_from})

Doubly robust, with 90 % intervals: the model predicts every parcel, inspected ones correct it by the inverse of the
probability of their selection. They hold where the recorded propensities are right. Wide intervals mean that few
parcels were drawn at random.

{population}

## Figures on inspected parcels (lodged from {test_from})

Measured on inspected parcels only, with a model that had not seen them. Where parcels were inspected because they
looked suspicious, these figures do not hold for the screened population.

{inspected}

## Limits

Labels exist only for inspected parcels, and inspections miss some contraband: a probability is the chance that an
inspection finds something. The final model was fitted on all labels with the number of trees found before; the figures
above are those of the model fitted without the test slice. Habits of senders change; watch the random sample. Origin
alone must not drive a score: the report lists selections and false alarms by origin.
"""
_NONE = "No inspection with a known propensity: nothing can be said about the screened population."


def model_card(meta: BundleMeta) -> str:
    """Markdown text of the model card."""
    training = dict(meta.training)
    severity = training.pop("severity")
    return _TEXT.format(
        name=meta.name,
        fingerprint=meta.fingerprint,
        n_features=len(meta.features),
        population=_intervals(meta.metrics) or _NONE,
        inspected=_figures(meta.metrics),
        stations=", ".join(training["without_stations"]) or "none",
        severity_date=severity["valid_from"],
        severity_source=severity["source"],
        **{name: value for name, value in training.items() if name != "params"},
    )


def _figures(metrics: dict[str, float]) -> str:
    """Table of the figures on inspected parcels."""
    names = [name for name in metrics if name.startswith("test_") and not name.endswith(("_low", "_high"))]
    rows = {name: f"{metrics[name]:.4g} | {_ends(metrics, name)}" for name in names}
    return _table("figure", rows, "value | 90 % interval")


def _intervals(metrics: dict[str, float]) -> str:
    """Table of those estimates for the population that have an interval; empty without any."""
    names = [name for name in metrics if not name.startswith("test_") and f"{name}_low" in metrics]
    rows = {name: f"{metrics[name]:.4g} | {_ends(metrics, name)}" for name in names}
    return _table("estimate", rows, "value | 90 % interval") if rows else ""


def _ends(metrics: dict[str, float], name: str) -> str:
    """Return the interval of a figure in words; empty where it has none."""
    if f"{name}_low" not in metrics:
        return ""
    return f"{metrics[name + '_low']:.4g} to {metrics[name + '_high']:.4g}"


def _table(head: str, rows: dict[str, str], heads: str = "value") -> str:
    line = "|".join(["---"] * (heads.count("|") + 2))
    return "\n".join([f"| {head} | {heads} |", f"|{line}|", *(f"| {name} | {text} |" for name, text in rows.items())])
