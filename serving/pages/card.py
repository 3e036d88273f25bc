"""The card of one parcel: an answer in the words of the station."""

from __future__ import annotations

from dataclasses import dataclass

from features.parcel.rules import flag_words
from policy import Referral
from serving.office.lookup import LookedUp

RESULT_WORDS = {"nothing_found": "Nothing found", "found": "Contraband found", "not_presented": "Not presented"}


@dataclass(frozen=True, kw_only=True)
class Card:
    """One answer, ready to be shown."""

    parcel_id: str
    operator: str
    action: str
    headline: str
    chance: str
    rank: str
    cause: str
    reasons: list[str]
    doubts: list[str]
    degraded: str | None
    facts: list[tuple[str, str]]
    result: str | None


def card(found: LookedUp) -> Card:
    """Put an answer into the words of the station."""
    answer = found.answer
    opens = answer.referral is Referral.OPEN
    return Card(
        parcel_id=answer.parcel_id,
        operator=answer.operator or "",
        action="open" if opens else "release",
        headline="Open this parcel" if opens else "No inspection asked for",
        chance="no model served" if answer.probability is None else f"{answer.probability:.1%}",
        rank="not ranked" if answer.flow_share is None else f"among the top {max(answer.flow_share, 0.0001):.2%}",
        cause={"score": "selected for its score", "random": "drawn at random", "none": "not selected"}[answer.cause],
        reasons=[reason.text for reason in answer.reasons or []],
        doubts=_doubts(found),
        degraded=answer.degraded,
        facts=_facts(found),
        result=RESULT_WORDS.get(found.result or ""),
    )


def _doubts(found: LookedUp) -> list[str]:
    words = flag_words()
    doubts = [words.get(flag, flag) for flag in found.answer.quality_flags]
    if found.others:
        doubts.append(f"Also lodged under this identifier by: {', '.join(found.others)}.")
    return doubts


def _state(found: LookedUp) -> str:
    """Where the parcel is in its life, in a few words."""
    if found.answer.status == "cancelled":
        return "cancelled by the operator"
    last = next((one for one in reversed(found.movements) if one.state), None)
    if last is None:
        return f"lodged, version {found.answer.version}"
    return " ".join(filter(None, (last.state, "at" if last.office else "", last.office, f"({last.code})")))


def _facts(found: LookedUp) -> list[tuple[str, str]]:
    facts, label = found.facts, found.label
    weight = facts["gross_weight_g"]
    value = facts["declared_value_eur_cents"]
    shown = (
        ("From", " ".join(filter(None, (label.get("sender_name"), str(facts["sender_country"] or ""))))),
        ("To", " ".join(filter(None, (label.get("recipient_name"), label.get("recipient_city"))))),
        ("Contents", str(facts["description"] or "")),
        ("Weight", f"{weight:,} g" if isinstance(weight, int) else ""),
        ("Value", f"{value / 100:,.2f} EUR" if isinstance(value, int) else ""),
        ("Stream", str(facts["stream"] or "")),
        ("Receptacle", str(facts["receptacle_id"] or "")),
        ("State", _state(found)),
    )
    return [(name, text) for name, text in shown if text]
