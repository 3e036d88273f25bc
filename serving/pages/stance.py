"""What to do with a parcel: in colour, sign, headline and a sentence; only a whole answer looks like a release."""

from __future__ import annotations

from dataclasses import dataclass
from typing import assert_never

from features.parcel.life_flags import NUMBER_REUSED
from features.text import text
from policy import Referral
from serving.office.lookup import LookedUp

RESULT_WORDS = {
    "nothing_found": text("Nothing found"),
    "found": text("Contraband found"),
    "not_presented": text("Not presented"),
}
_DONE = {
    "nothing_found": text("nothing found"),
    "found": text("contraband found"),
    "not_presented": text("not presented"),
}
_DO = {
    Referral.OPEN: text("Open it, and record what you find, also when it is nothing."),
    Referral.XRAY: text("X-ray it, and record what you see, also when it is nothing."),
    Referral.SPOT_CHECK: text("Compare it with its declaration without opening it, and record the outcome."),
    Referral.HOLD: text("Keep it here until customs says more."),
    Referral.MANUAL_CHECK: text("Decide by hand what is to be done, and record the outcome."),
    Referral.ASK_OPERATOR: text("Set it aside until the declaration is corrected."),
    Referral.NOT_ASSESSED: text("Decide by hand; that nothing is known is not a low risk."),
    Referral.RELEASE: text("Let it pass, unless you see a reason yourself."),
}


@dataclass(frozen=True, kw_only=True)
class Stance:
    """What to do with a parcel: in colour, sign, headline and a sentence."""

    tone: str
    mark: str
    headline: str
    action: str


def stance(found: LookedUp, *, is_one_of_several: bool = False, let_go: str = "") -> Stance:
    """What to do, as far as what happened since the decision leaves it; only a whole answer looks like a release."""
    answer = found.answer
    if found.result:
        return _done(_DONE.get(found.result, result_words(found.result)))
    if let_go:
        return _done(text("let go, {reason}", reason=let_go))
    if answer.status == "cancelled":
        action = text(
            "Its operator cancelled it, and it is here all the same. Compare it with its label, and decide by hand."
        )
        return Stance(
            tone="cancelled", mark="\N{MULTIPLICATION SIGN}", headline=text("Cancelled: check by hand"), action=action
        )
    tone, mark, title = headline(answer.referral)
    if tone == "release" and (doubt := _doubted(found, is_one_of_several)):
        return doubt
    return Stance(tone=tone, mark=mark, headline=title, action=_DO[answer.referral])


def _done(words: str) -> Stance:
    action = text("The outcome is on record. Scan the next parcel.")
    return Stance(tone="done", mark="\N{CHECK MARK}", headline=text("Done: {result}", result=words), action=action)


def _doubted(found: LookedUp, is_one_of_several: bool) -> Stance | None:
    """What is shown in place of a release where it may be another parcel's, or lacks something."""
    if found.answer.degraded:
        action = text("Something was missing when it was assessed. Decide by hand.")
        return Stance(tone="unassessed", mark="?", headline=text("Not fully assessed: check by hand"), action=action)
    if NUMBER_REUSED in found.answer.quality_flags:
        action = text("Compare sender, recipient and goods with the label before you let it pass.")
        return Stance(tone="ask", mark="?", headline=text("Number used before: compare the label"), action=action)
    if found.others or is_one_of_several:
        action = text("Only one of the declarations can be right. Compare them with the label before you let it pass.")
        return Stance(tone="ask", mark="?", headline=text("Declared twice: compare the label"), action=action)
    return None


def headline(referral: Referral) -> tuple[str, str, str]:
    """Tone, mark and headline of a referral; what is not known by name is a manual check already."""
    match referral:
        case Referral.OPEN:
            return "act", "!", text("Open this parcel")
        case Referral.XRAY:
            return "act", "!", text("X-ray this parcel")
        case Referral.SPOT_CHECK:
            return "act", "!", text("Check this parcel from outside")
        case Referral.HOLD:
            return "act", "!", text("Hold this parcel")
        case Referral.MANUAL_CHECK:
            return "act", "?", text("Check this parcel by hand")
        case Referral.ASK_OPERATOR:
            return "ask", "?", text("The operator is asked to correct the declaration")
        case Referral.NOT_ASSESSED:
            return "unassessed", "?", text("Not assessed")
        case Referral.RELEASE:
            return "release", "\N{EN DASH}", text("No inspection required")
        case _:
            assert_never(referral)


def result_words(result: str) -> str:
    """Words of an outcome, also of one that a later version has recorded."""
    return RESULT_WORDS.get(result, text("recorded in words that this page does not know"))
