"""The generated page about stages: the rule, the record, sensitivities and denominators."""

from __future__ import annotations

from pathlib import Path

from features.handling import Sensitivities, outcome
from features.handling.denominators import Denominator
from features.handling.funnel import Reason, Step


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


def text(fields: str, sensitivity_table: str, denominators: str, steps: str, reasons: str) -> str:
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
            steps=steps,
            reasons=reasons,
            valid_from=known.valid_from,
            source=known.source,
        )
    )


def denominators() -> list[tuple[object, ...]]:
    """One line for each."""
    return [(f"*{one.value}*", one.says, one.rate) for one in Denominator]


def steps() -> list[tuple[str, str]]:
    """One line for each step of the funnel."""
    return [(step.value.replace("_", " "), says) for step, says in _STEPS.items()]


_STEPS = {
    Step.TARGETED: "a decision asked for an inspection",
    Step.ARRIVED: "somebody says that it is at the office, or was",
    Step.SEEN: "customs itself scanned it",
    Step.DIVERTED: "customs has it in its hands, or it is recorded as presented",
    Step.ON_THE_TABLE: "a look has begun",
    Step.EXAMINED: "the outcome is found or nothing found",
    Step.DECIDED: "customs scanned it as released, handed over, returned, seized or destroyed",
}


def reasons() -> list[tuple[str, str]]:
    """One line for each reason."""
    return [(reason.value.replace("_", " "), _REASONS[reason]) for reason in Reason]


_REASONS = {
    Reason.DONE: "examined and decided",
    Reason.PENDING: "it may still come further",
    Reason.CANCELLED: "the operator cancelled it before it arrived",
    Reason.NO_DATA_IN_TIME: "it had left the hall before the decision was made",
    Reason.NOT_PRESENTED: "customs waited for it, and it was not presented",
    Reason.NO_READ: "it passed, and no scanner of customs read its number",
    Reason.WRONG_CHUTE: "it was read, and left without being diverted",
    Reason.NO_CAPACITY: "it was diverted, and left without being examined",
    Reason.ENDED: "a person ended its referral: let it go, handed it on, or looked for it in vain",
}
