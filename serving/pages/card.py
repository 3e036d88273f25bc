"""The card of one parcel: an answer in the words of the station."""

from __future__ import annotations

from dataclasses import dataclass
from typing import assert_never

from features.handling.direction import Directed, Direction
from features.handling.states import State
from features.messages import flag_text, reason_text
from features.messages.places import country_text, office_text
from features.messages.sentences import DIRECTION_SOURCES, DIRECTION_WORDS, STATE_WORDS
from features.parcel.undeclared import UNDECLARED
from features.text import Declared, Text, Verbatim, figure, joined, sentence_of, text
from policy import Cause, Limit, Referral
from serving.office.current import EXAMINED
from serving.office.deciding import LABEL_ALONE
from serving.office.listing import UNREADABLE
from serving.office.lookup import LookedUp
from serving.office.rule_traces import RuleTrace
from serving.office.stopping import STOPPED
from serving.office.typologies import TypologyFact
from serving.pages.about_score import about_score
from serving.pages.stance import result_words, stance
from serving.pages.stopped import stopped_for

METHOD_WORDS = {
    "opened": text("opened"),
    "xray": text("x-rayed"),
    "dog": text("searched by a dog"),
    "trace": text("swabbed for traces"),
    "documents": text("documents checked"),
    "laboratory": text("examined by a laboratory"),
}
"""Methods in the order in which the station offers them."""
STREAM_WORDS = {"letter": text("letter"), "parcel": text("parcel"), "ems": text("EMS"), "express": text("express")}
"""Streams in words."""


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
    repeated:
        Inspections without a finding at its address, where a supervisor is needed for a further opening; else 0.
    needs_order:
        Whether the law asks for an order, whose number is recorded with the outcome.
    about:
        Two sentences on the score: what made it with what limits, and the lane; none where there is no score.
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
    repeated: int
    facts: list[tuple[Text, str]]
    about: tuple[str, ...]
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
            return text("selected by its score or by the random draw")
        case Cause.LIST:
            return text("named by a list")
        case Cause.RULE:
            return text("selected by a rule")
        case Cause.SCORE:
            return text("selected for its score")
        case Cause.RANDOM:
            return text("drawn at random")
        case Cause.HUNT:
            return text("recalled: a search of the past found a tie")
        case Cause.REPORT:
            return text("reported by the operator as damaged, undeliverable or leaking: take care")
        case Cause.NONE:
            return text("not selected")
        case Cause.UNKNOWN:
            return text("reason unknown to this page")
        case _:
            assert_never(cause)


def limit_words(limit: Limit) -> str:
    """What may be done with the parcel at most, in words; empty where anything may."""
    match limit:
        case Limit.NONE:
            return ""
        case Limit.SUSPICION:
            return text("opened on suspicion only")
        case Limit.ORDER:
            return text("opened by an order only; record its number")
        case Limit.NEVER:
            return text("must not be opened")
        case _:
            assert_never(limit)


def _cause(found: LookedUp) -> str:
    """Why the parcel was selected, and the rules and lists that it hit."""
    cause = found.answer.cause or Cause.UNKNOWN
    hits = {
        Cause.RULE: [text("rule {title}", title=Declared(one)) for one in found.rules],
        Cause.LIST: [text("list {title}", title=Declared(one)) for one in found.lists],
    }
    selecting = hits.pop(cause, [])
    others = [hit for of_kind in hits.values() for hit in of_kind]
    said = cause_words(cause, is_decided=bool(found.result))
    if selecting:
        said = text("selected by {hits}", hits=joined(", ", selecting))
    if others:
        said = text("{selected}; hit by {hits}", selected=said, hits=joined(", ", others))
    return sentence_of(said)


_MODELS = {
    "reference model": text("Answered by the reference model. Check by hand."),
    "no model": text("Answered by no model. Check by hand."),
    STOPPED: text("A supervisor stopped the score. Check by hand."),
    LABEL_ALONE: text("Answered by the label alone. Check by hand."),
}
"""What is said of an answer that lacks a model, by what it says of itself."""
_LACKING = text("Answered while something could not be read. Check by hand.")


def _advice(found: LookedUp) -> str:
    """What the answer lacks, and what follows from it; empty where nothing is missing."""
    referral, degraded = found.answer.referral, found.answer.degraded
    if found.stops:
        return stopped_for(found.stops)
    if referral is Referral.NOT_ASSESSED:
        return text("No model in service; this says nothing about the parcel. Check by hand.")
    if degraded is not None and UNREADABLE in degraded:
        return text("A list of the office cannot be read. Check by hand.")
    return _MODELS.get(degraded, _LACKING) if degraded else ""


def chance_words(probability: float | None, usual: float | None) -> str:
    """Probability as a natural frequency next to the usual one, both of the same number of parcels."""
    if probability is None:
        return text("It was not assessed.")
    least = min(probability, usual or probability)
    of = next((n for n in (100, 1_000) if least * n >= 1), 10_000)
    count = round(probability * of)
    held = text("about {n:,}", n=count) if count else text("fewer than 1")
    if not usual:
        return text("Of {of:,} parcels like this {held} held something.", of=of, held=held)
    often = figure(round(usual * of), "") if round(usual * of) else text("fewer than 1")
    return text("Of {of:,} parcels like this {held} held something; usual is {often}.", of=of, held=held, often=often)


def _rank(share: float | None) -> str:
    if share is None:
        return ""
    return text("It is among the {n:,} highest of 10,000 parcels.", n=max(round(share * 10_000), 1))


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
        source=_source(answer.operator or ""),
        chance=chance_words(answer.probability, usual),
        rank=_rank(answer.flow_share),
        cause=_cause(found),
        listed=found.lists,
        hits=[one for one in found.traces if not one.near_miss],
        typologies=list(found.typologies),
        near_misses=[one for one in found.traces if one.near_miss],
        reasons=[reason_text(one) for one in found.why if one.weight > 0],
        no_reasons=_no_reasons(found),
        against=[reason_text(one) for one in found.why if one.weight < 0],
        doubts=_doubts(found),
        advice=_advice(found),
        limit=limit_words(answer.limit),
        needs_order=answer.limit is Limit.ORDER,
        repeated=found.repeated,
        facts=_facts(found),
        about=about_score(found),
        result=result_words(found.result) if found.result else None,
        is_examined=found.result in EXAMINED,
        is_asked=answer.referral.asks_inspection,
    )


def _source(operator: str) -> str:
    if operator == UNDECLARED:
        return text("nobody declared it")
    return text("lodged by {operator}", operator=Declared(operator))


def _no_reasons(found: LookedUp) -> str:
    """What stands where the reasons would, when there are none."""
    if found.answer.probability is None:
        return text("It was not scored.")
    if found.answer.reasons is not None:
        return text("Nothing unusual raised its score.")
    if not found.is_row_kept:
        return text("Its feature row is no longer kept, and nobody asked for the reasons while it was.")
    return text("The model that scored it is no longer in service.")


def _doubts(found: LookedUp) -> list[str]:
    doubts: list[str] = [flag_text(flag) for flag in found.answer.quality_flags]
    if found.others:
        doubts.append(
            text(
                "Also lodged under this identifier by: {operators}.",
                operators=joined(", ", map(Declared, found.others)),
            )
        )
    return doubts


def _state(found: LookedUp) -> str:
    """Where the parcel is in its life, in a few words."""
    if found.answer.status == "cancelled":
        return text("cancelled by the operator")
    position = found.position
    if position.state is State.DECLARED:
        return text("lodged, version {version}", version=found.answer.version)
    source = (
        text("seen by customs")
        if position.is_fact
        else text("as the operator reports, {code}", code=Verbatim(position.code))
    )
    said = [text("{state} ({source})", state=STATE_WORDS[position.state], source=source)]
    if position.contradictions:
        said.append(text("other reports say otherwise"))
    if not position.can_be_recalled:
        said.append(text("it cannot be recalled"))
    return joined("; ", said)


def _direction(way: Directed) -> str:
    """Which way it goes, and what that is known from; empty where nothing says so."""
    if not way.said:
        return ""
    if way.direction is Direction.UNKNOWN:
        said = (
            text("{source} {direction}", source=DIRECTION_SOURCES[source], direction=DIRECTION_WORDS[one])
            for source, one in way.said.items()
        )
        return text("unknown: sources disagree ({said})", said=joined(", ", said))
    sources = joined(", ", (DIRECTION_SOURCES[one] for one in way.sources))
    return text("{direction} (by {sources})", direction=DIRECTION_WORDS[way.direction], sources=sources)


def _facts(found: LookedUp) -> list[tuple[Text, str]]:
    facts, label = found.facts, found.label
    weight = facts["gross_weight_g"]
    value = facts["declared_value_eur_cents"]
    shown = (
        (text("Contents"), str(facts["description"] or "")),
        (text("Weight"), text("{weight:,} g", weight=weight) if isinstance(weight, int) else ""),
        (text("Value"), text("{value:,.2f} EUR", value=value / 100) if isinstance(value, int) else ""),
        (text("From"), _listed(label.get("sender_name"), label.get("sender_city"), _country(facts["sender_country"]))),
        (
            text("To"),
            _listed(label.get("recipient_name"), label.get("recipient_city"), _country(facts["recipient_country"])),
        ),
        (text("Sent from"), _office(facts["origin_office"])),
        (text("Sent to"), _office(facts["destination_office"])),
        (text("Stream"), STREAM_WORDS.get(facts["stream"], facts["stream"] or "")),
        (text("Receptacle"), str(facts["receptacle_id"] or "")),
        (text("State"), _state(found)),
        (text("Direction"), _direction(found.direction)),
    )
    return [(name, words) for name, words in shown if words]


def _listed(*parts: str | None) -> str:
    """Parts of a party in a row; those that a manifest gives may be of any script."""
    shown = (one if isinstance(one, Text) else Declared(one) for one in parts if one)
    return joined(", ", shown)


def _country(code: str | None) -> str:
    return country_text(code) if code else ""


def _office(code: str | None) -> str:
    return office_text(code) if code else ""
