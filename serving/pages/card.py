"""The card of one parcel: an answer in the words of the station."""

from __future__ import annotations

from dataclasses import dataclass
from typing import assert_never

from features.handling.states import State
from features.messages import flag_sentence
from features.messages.places import country_name, office_name
from features.parcel.undeclared import UNDECLARED
from policy import Cause, Limit, Referral
from serving.office.current import EXAMINED
from serving.office.listing import UNREADABLE
from serving.office.lookup import LookedUp
from serving.office.rule_traces import RuleTrace
from serving.office.typologies import TypologyFact
from serving.pages.stance import result_words, stance

METHOD_WORDS = {
    "opened": "opened",
    "xray": "x-rayed",
    "dog": "searched by a dog",
    "trace": "swabbed for traces",
    "documents": "documents checked",
    "laboratory": "examined by a laboratory",
}
"""Methods in the order in which the station offers them."""


@dataclass(frozen=True, kw_only=True)
class Card:
    """One answer, ready to be shown.

    Attributes
    ----------
    tone, mark, headline:
        What to do in colour, sign and words; `tone` is a class of the style sheet.
    action:
        What to do now, in a sentence.
    chance:
        Probability of a finding as a natural frequency.
    needs_order:
        Whether the law asks for an order, whose number is recorded with the outcome.
    is_asked:
        Whether an inspection was asked for: whoever inspects another parcel says why.
    """

    parcel_id: str
    operator: str
    seq: int
    source: str
    tone: str
    mark: str
    headline: str
    action: str
    chance: str
    rank: str
    cause: str
    listed: list[str]
    hits: list[RuleTrace]
    near_misses: list[RuleTrace]
    typologies: list[TypologyFact]
    reasons: list[str]
    no_reasons: str
    against: list[str]
    doubts: list[str]
    advice: str
    limit: str
    needs_order: bool
    facts: list[tuple[str, str]]
    result: str | None
    is_examined: bool
    is_asked: bool


def cause_words(cause: Cause, *, is_decided: bool) -> str:
    """Why the parcel was selected, in words.

    Until its outcome is on record nobody at the line reads whether it was drawn: what is looked at as a mere control is
    looked at otherwise.
    """
    match cause:
        case Cause.SCORE | Cause.RANDOM if not is_decided:
            return "selected"
        case Cause.LIST:
            return "named by a list"
        case Cause.RULE:
            return "selected by a rule"
        case Cause.SCORE:
            return "selected for its score"
        case Cause.RANDOM:
            return "drawn at random"
        case Cause.HUNT:
            return "recalled: a search of the past found a tie"
        case Cause.REPORT:
            return "reported by the operator as damaged, undeliverable or leaking: take care"
        case Cause.NONE:
            return "not selected"
        case Cause.UNKNOWN:
            return "reason unknown to this page"
        case _:
            assert_never(cause)


def limit_words(limit: Limit) -> str:
    """What may be done with the parcel at most, in words; empty where anything may."""
    match limit:
        case Limit.NONE:
            return ""
        case Limit.SUSPICION:
            return "opened on suspicion only"
        case Limit.ORDER:
            return "opened by an order only; record its number"
        case Limit.NEVER:
            return "must not be opened"
        case _:
            assert_never(limit)


def _cause(found: LookedUp) -> str:
    """Why the parcel was selected, and the rules and lists that it hit."""
    cause = found.answer.cause or Cause.UNKNOWN
    hits = {Cause.RULE: [f"rule {one}" for one in found.rules], Cause.LIST: [f"list {one}" for one in found.lists]}
    selecting = hits.pop(cause, [])
    others = [hit for of_kind in hits.values() for hit in of_kind]
    words = cause_words(cause, is_decided=bool(found.result))
    said = f"selected by {', '.join(selecting)}" if selecting else words
    said = f"{said}; hit by {', '.join(others)}" if others else said
    return f"{said[:1].upper()}{said[1:]}."


def _advice(referral: Referral, degraded: str | None) -> str:
    """What the answer lacks, and what follows from it; empty where nothing is missing."""
    if referral is Referral.NOT_ASSESSED:
        return "No model in service; this says nothing about the parcel. Check by hand."
    if degraded is not None and UNREADABLE in degraded:
        return "A list of the office cannot be read. Check by hand."
    return f"Answered by the {degraded}. Check by hand." if degraded else ""


def chance_words(probability: float | None, usual: float | None) -> str:
    """Probability as a natural frequency next to the usual one, both of the same number of parcels."""
    if probability is None:
        return "It was not assessed."
    least = min(probability, usual or probability)
    of = next((n for n in (100, 1_000) if least * n >= 1), 10_000)
    count = round(probability * of)
    held = f"about {count:,}" if count else "fewer than 1"
    words = f"Of {of:,} parcels like this {held} held something"
    return f"{words}; usual is {round(usual * of) or 'fewer than 1'}." if usual else f"{words}."


def _rank(share: float | None) -> str:
    return "" if share is None else f"It is among the {max(round(share * 10_000), 1):,} highest of 10,000 parcels."


def card(found: LookedUp, usual: float | None = None, *, is_one_of_several: bool = False, let_go: str = "") -> Card:
    """Put an answer into the words of the station.

    Parameters
    ----------
    usual:
        Usual probability of a finding, where it is known.
    let_go:
        Why the parcel was let go without inspection; empty where it was not.
    """
    answer = found.answer
    return Card(
        **vars(stance(found, is_one_of_several=is_one_of_several, let_go=let_go)),
        parcel_id=answer.parcel_id,
        operator=answer.operator or "",
        seq=found.facts["seq"],
        source="nobody declared it" if answer.operator == UNDECLARED else f"lodged by {answer.operator or ''}",
        chance=chance_words(answer.probability, usual),
        rank=_rank(answer.flow_share),
        cause=_cause(found),
        listed=found.lists,
        hits=[one for one in found.traces if not one.near_miss],
        typologies=list(found.typologies),
        near_misses=[one for one in found.traces if one.near_miss],
        reasons=[f"{reason.text}." for reason in answer.reasons or []],
        no_reasons=_no_reasons(found),
        against=[f"{reason.text}." for reason in answer.against or []],
        doubts=_doubts(found),
        advice=_advice(answer.referral, answer.degraded),
        limit=limit_words(answer.limit),
        needs_order=answer.limit is Limit.ORDER,
        facts=_facts(found),
        result=result_words(found.result) if found.result else None,
        is_examined=found.result in EXAMINED,
        is_asked=answer.referral.asks_inspection,
    )


def _no_reasons(found: LookedUp) -> str:
    """What stands where the reasons would, when there are none."""
    if found.answer.probability is None:
        return "It was not scored."
    if found.answer.reasons is not None:
        return "Nothing unusual raised its score."
    if not found.is_row_kept:
        return "Its feature row is no longer kept, and nobody asked for the reasons while it was."
    return "The model that scored it is no longer in service."


def _doubts(found: LookedUp) -> list[str]:
    doubts = [flag_sentence(flag) for flag in found.answer.quality_flags]
    if found.others:
        doubts.append(f"Also lodged under this identifier by: {', '.join(found.others)}.")
    return doubts


def _state(found: LookedUp) -> str:
    """Where the parcel is in its life, in a few words."""
    if found.answer.status == "cancelled":
        return "cancelled by the operator"
    position = found.position
    if position.state is State.DECLARED:
        return f"lodged, version {found.answer.version}"
    said_by = "seen by customs" if position.is_fact else f"as the operator reports, {position.code}"
    doubts = "; other reports say otherwise" if position.contradictions else ""
    recall = "" if position.can_be_recalled else "; it cannot be recalled"
    return f"{position.state.words} ({said_by}){doubts}{recall}"


def _facts(found: LookedUp) -> list[tuple[str, str]]:
    facts, label = found.facts, found.label
    weight = facts["gross_weight_g"]
    value = facts["declared_value_eur_cents"]
    shown = (
        ("Contents", str(facts["description"] or "")),
        ("Weight", f"{weight:,} g" if isinstance(weight, int) else ""),
        ("Value", f"{value / 100:,.2f} EUR" if isinstance(value, int) else ""),
        ("From", _listed(label.get("sender_name"), label.get("sender_city"), _country(facts["sender_country"]))),
        ("To", _listed(label.get("recipient_name"), label.get("recipient_city"), _country(facts["recipient_country"]))),
        ("Sent from", office_name(facts["origin_office"] or "")),
        ("Sent to", office_name(facts["destination_office"] or "")),
        ("Stream", str(facts["stream"] or "")),
        ("Receptacle", str(facts["receptacle_id"] or "")),
        ("State", _state(found)),
    )
    return [(name, text) for name, text in shown if text]


def _listed(*parts: str | None) -> str:
    return ", ".join(filter(None, parts))


def _country(code: str | None) -> str:
    return country_name(code) if code else ""
