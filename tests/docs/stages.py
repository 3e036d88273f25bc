"""The generated page about stages: the rule, the record, sensitivities and denominators."""

from __future__ import annotations

from pathlib import Path

from features.handling import Sensitivities, outcome
from features.handling.denominators import Denominator


def rule() -> str:
    """The rule as the module states it."""
    text = str(outcome.__doc__)
    return text[text.index("The rule,") :]


def sensitivities() -> list[tuple[object, ...]]:
    """One line for each method."""
    return [
        (
            f"`{method}`",
            f"{line.share:.2f}",
            f"{line.low:.2f} to {line.high:.2f}",
            "measured" if line.is_measured else "assumed",
            line.source,
        )
        for method, line in Sensitivities.read().of.items()
    ]


def text(fields: str, sensitivity_table: str, denominators: str) -> str:
    """Prose of the page with its tables."""
    known = Sensitivities.read()
    return (
        Path(__file__)
        .with_name("stages.md")
        .read_text("utf-8")
        .format(
            rule=rule(),
            fields=fields,
            sensitivities=sensitivity_table,
            denominators=denominators,
            valid_from=known.valid_from,
            source=known.source,
        )
    )


def denominators() -> list[tuple[object, ...]]:
    """One line for each."""
    return [(f"*{one.value}*", one.says, one.rate) for one in Denominator]
