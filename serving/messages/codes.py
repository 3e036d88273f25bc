"""How referrals are put in the messages of operators: one table, and nothing is decided here.

The codes of the messages themselves are licensed or bilateral; those here follow public descriptions, and an office may
have to agree on others with its operators. No code of this table means "cleared" unless a model assessed the parcel and
nothing asked for it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import assert_never

from policy import Referral


@dataclass(frozen=True, kw_only=True)
class Reply:
    """How one action is written.

    Attributes
    ----------
    action:
        What is asked of the operator.
    says:
        The same as a sentence.
    cusrsp, processing:
        Decision code, and processing indicator after EDIFACT 7365; None where there is no decision.
    ics2, ics2_type:
        Message and type of referral; None where nothing is asked.
    methods:
        Recommended screening methods.
    event:
        Event that answers it.
    """

    action: str
    says: str
    cusrsp: str
    processing: str | None
    ics2: str
    ics2_type: str | None = None
    methods: tuple[str, ...] = ()
    event: str = ""


RELEASE = Reply(
    action="release", says="Nothing is asked for.", cusrsp="CLE", processing="4", ics2="IE3N03", event="EDC"
)
NO_DECISION = Reply(
    action="no_decision",
    says="Not assessed: no decision was made. This is not a release.",
    cusrsp="NOD",
    processing=None,
    ics2="IE3N11",
)
PRESENT = Reply(
    action="present",
    says="Present the parcel to customs for inspection.",
    cusrsp="HLD",
    processing="5",
    ics2="IE3N08",
    ics2_type="CTL",
    event="EDB",
)
HOLD = Reply(
    action="hold",
    says="Hold the parcel until customs says more.",
    cusrsp="HLD",
    processing="7",
    ics2="IE3N08",
    ics2_type="HLD",
    event="EME",
)
SCREEN = Reply(
    action="screen",
    says="Screen the parcel by the recommended methods.",
    cusrsp="HLD",
    processing="5",
    ics2="IE3Q03",
    ics2_type="RFS",
    methods=("XRY", "EDD", "ETD"),
    event="EDB",
)
ASK = Reply(
    action="request_information",
    says="Complete or correct the declaration.",
    cusrsp="HLD",
    processing="6",
    ics2="IE3Q02",
    ics2_type="RFI",
    event="EME",
)
REPLIES: tuple[Reply, ...] = (RELEASE, NO_DECISION, PRESENT, HOLD, SCREEN, ASK)


def reply_to(referral: Referral) -> Reply:
    """Reply of a referral."""
    match referral:
        case Referral.RELEASE:
            return RELEASE
        case Referral.NOT_ASSESSED:
            return NO_DECISION
        case Referral.ASK_OPERATOR:
            return ASK
        case Referral.SPOT_CHECK | Referral.OPEN | Referral.MANUAL_CHECK:
            return PRESENT
        case Referral.XRAY:
            return SCREEN
        case Referral.HOLD:
            return HOLD
        case _:
            assert_never(referral)
