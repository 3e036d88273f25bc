"""The model card: what a bundle was made from, what it can do, what it must not be used for."""

from __future__ import annotations

from features.bundle import BundleMeta

_TEXT = """# Model card: {name}

Advice about consignments for customs screening lines. A person decides; the score by itself seizes, refuses or releases
nothing, and it must not be used about persons.

| | |
|---|---|
| parcels in the log | {n_parcels:,} |
| inspected, with an outcome | {n_inspected:,} |
| findings among them | {n_found:,} |
| lodged | {first_lodged_at} to {last_lodged_at} |
| features | {n_features} (catalogue {fingerprint}) |
| trees | {n_trees}, seed {seed} |
| data digest | {data_digest} |

## Figures on the test slice (lodged from {test_from})

Measured on inspected parcels only, with a model that had not seen them. Where parcels were inspected because they
looked
suspicious, these figures do not hold for the whole flow.

| figure | value |
|---|---|
{figures}

## Limits

Labels exist only for inspected parcels. The final model was fitted on all labels with the number of trees found before;
the figures above are those of the model fitted without the test slice. Habits of senders change; watch the random
sample.
"""


def model_card(meta: BundleMeta) -> str:
    """Markdown text of the model card."""
    figures = "\n".join(f"| {name.removeprefix('test_')} | {value:.4g} |" for name, value in meta.metrics.items())
    return _TEXT.format(
        name=meta.name,
        fingerprint=meta.fingerprint,
        n_features=len(meta.features),
        figures=figures,
        **{name: value for name, value in meta.training.items() if name != "params"},
    )
