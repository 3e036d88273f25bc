"""The form of a rule: its condition, what it asks for, and its test parcels in lines of text."""

from __future__ import annotations

from typing import Any

from features.text import Verbatim, text
from policy import Referral
from policy.rules import Rule, RuleError
from policy.rules.rule import MOST_POINTS, REFERRALS
from policy.rules.vocabulary import Kind, vocabulary
from serving.pages.forms import Control, Filled, FormField
from serving.pages.stance import headline

_DAY = r"\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])"
_EFFECTS = {one.value: headline(Referral(one))[2] for one in REFERRALS} | {
    f"raises {points}": text("raises the score by {n} of at most {most:g} points", n=points, most=MOST_POINTS)
    for points in (1, 2, 3)
}
_EXAMPLE = Verbatim("stream = letter; gross_weight_g = 60")


def _text(name: str, label: str, *, required: bool = True) -> FormField:
    return FormField(name=name, label=label, required=required, max_length=200)


def _long(name: str, label: str) -> FormField:
    return FormField(name=name, label=label, control=Control.LONG, required=True, max_length=4_096, rows=3)


FIELDS = (
    FormField(
        name="name",
        label=text("Name of the rule"),
        required=True,
        max_length=60,
        pattern=r"[a-z0-9][a-z0-9.-]*",
        remedy=text("Write small letters, digits, points and hyphens, as in cover-letters."),
    ),
    _long("when", text("Condition; docs/decision-rules.md has its language")),
    FormField(name="effect", label=text("What a hit does"), choices=_EFFECTS, required=True),
    _text("owner", text("Team that answers for it")),
    _text("legal_basis", text("Legal basis")),
    FormField(
        name="expires_on",
        label=text("Last day on which it holds"),
        required=True,
        pattern=_DAY,
        remedy=text("Write a day as year-month-day, as in 2027-06-30."),
    ),
    _text("says", text("What officers read where it hits"), required=False),
    _text("lines", text("Screening lines on which it is live, with commas between them; empty: all"), required=False),
    _long("must_match", text("Test parcels that it must hit, each in a line, as in {example}", example=_EXAMPLE)),
    _long(
        "must_not_match", text("Test parcels that it must not hit, each in a line, as in {example}", example=_EXAMPLE)
    ),
)


def rule_in(form: Filled) -> Rule:
    """The rule that a form without refusals holds.

    Raises
    ------
    RuleError
        When a value cannot be used.
    """
    typed = form.typed
    kind, _, points = typed["effect"].partition(" ")
    effect: dict[str, Any] = {"raises": float(points)} if points else {"refer": kind}
    texts = {
        name: typed[name] for name in ("name", "when", "owner", "legal_basis", "expires_on", "says") if typed[name]
    }
    lists = {
        "lines": [one.strip() for one in typed["lines"].split(",") if one.strip()],
        **{name: _parcels(name, typed[name]) for name in ("must_match", "must_not_match")},
    }
    return Rule.from_document(texts | effect | lists)


def field_of(error: RuleError) -> str:
    """Field of the form that an error is about: its message begins with the field, or it is about the condition."""
    begins = str(error).split(":", 1)[0].split(",", 1)[0]
    return begins if begins in {one.name for one in FIELDS} else "when"


def typed_of(rule: Rule) -> dict[str, str]:
    """What a form holds for a new version of a rule."""
    document = rule.as_document()
    texts = {
        name: str(document.get(name, "")) for name in ("name", "when", "owner", "legal_basis", "expires_on", "says")
    }
    return texts | {
        "effect": rule.refer.value if rule.refer else f"raises {rule.raises:g}",
        "lines": ", ".join(rule.lines),
        **{name: "\n".join(map(_line, document[name])) for name in ("must_match", "must_not_match")},
    }


def _parcels(name: str, text: str) -> list[dict[str, bool | float | str]]:
    return [_facts(name, line) for line in text.splitlines() if line.strip()]


def _facts(name: str, line: str) -> dict[str, bool | float | str]:
    facts: dict[str, bool | float | str] = {}
    for part in line.split(";"):
        column, sign, value = (one.strip() for one in part.partition("="))
        if not sign or not column:
            raise RuleError(
                f"{name}: a fact has no equals sign. Write facts as in stream = letter; gross_weight_g = 60."
            )
        facts[column] = _value(column, value)
    return facts


def _value(column: str, text: str) -> bool | float | str:
    """The value in the kind of its column; as it is typed where it is none, so that the check of the rule says so."""
    word = vocabulary().get(column)
    kind = Kind.TEXT if word is None else word.kind
    if kind is Kind.YES_NO and text in ("yes", "no", "true", "false"):
        return text in ("yes", "true")
    if kind is not Kind.NUMBER:
        return text.strip("'\"")
    try:
        return int(text) if text.lstrip("-").isdigit() else float(text)
    except ValueError:
        return text


def _line(facts: dict[str, Any]) -> str:
    words = {True: "yes", False: "no"}
    return "; ".join(f"{name} = {words[value] if isinstance(value, bool) else value}" for name, value in facts.items())
