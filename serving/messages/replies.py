"""Answers in the formats of operators: CUSRSP-like EDIFACT and ICS2-like referrals, mapped by one table.

The codes of the messages themselves are licensed or bilateral; those here follow public descriptions, and an office may
have to agree on others with its operators.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from xml.sax.saxutils import escape

from features.sources.syntax.edifact import Service
from serving.office.answers import Answer

_SERVICE = Service()


@dataclass(frozen=True, kw_only=True)
class Reply:
    """How one action is said.

    Attributes
    ----------
    action:
        What is asked of the operator.
    says:
        The same as a sentence.
    cusrsp, processing:
        Decision code, and processing indicator after EDIFACT 7365.
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
    processing: str
    ics2: str
    ics2_type: str | None = None
    methods: tuple[str, ...] = ()
    event: str = ""


REPLIES: tuple[Reply, ...] = (
    Reply(action="release", says="Nothing is asked for.", cusrsp="CLE", processing="4", ics2="IE3N03", event="EDC"),
    Reply(
        action="present",
        says="Present the parcel to customs for inspection.",
        cusrsp="HLD",
        processing="5",
        ics2="IE3N08",
        ics2_type="CTL",
        event="EDB",
    ),
    Reply(
        action="hold",
        says="Hold the parcel until customs says more.",
        cusrsp="HLD",
        processing="7",
        ics2="IE3N08",
        ics2_type="HLD",
        event="EME",
    ),
    Reply(
        action="screen",
        says="Screen the parcel by the recommended methods.",
        cusrsp="HLD",
        processing="5",
        ics2="IE3Q03",
        ics2_type="RFS",
        methods=("XRY", "EDD", "ETD"),
        event="EDB",
    ),
    Reply(
        action="request_information",
        says="Complete or correct the declaration.",
        cusrsp="HLD",
        processing="6",
        ics2="IE3Q02",
        ics2_type="RFI",
        event="EME",
    ),
    Reply(
        action="do_not_load",
        says="Do not load the parcel.",
        cusrsp="HLD",
        processing="7",
        ics2="IE3Q01",
        ics2_type="DNL",
        event="EXB",
    ),
)
_BY_ACTION = {reply.action: reply for reply in REPLIES}
ACTIONS = {
    "release": "release",
    "spot_check": "present",
    "open": "present",
    "xray": "screen",
    "hold": "hold",
    "ask_operator": "request_information",
    "do_not_load": "do_not_load",
}
"""Action by referral; a referral that is not listed is said as hold, so that no new one is taken for a release."""
_DOUBTS = {"contents_missing", "description_missing", "recipient_incomplete", "weight_unit"}
"""Doubts for which the operator is asked, where nothing else is."""


def reply_to(answer: Answer) -> Reply:
    """Reply to an answer: its referral, or a question where the declaration is too thin to be assessed."""
    action = ACTIONS.get(answer.referral.value, "hold")
    if action == "release" and _DOUBTS & set(answer.quality_flags):
        action = "request_information"
    return _BY_ACTION[action]


def cusrsp(answers: Iterable[Answer], at: datetime) -> str:
    """Answers as one CUSRSP-like interchange: per parcel its number, decision and, where asked for, the doubts."""
    segments = [f"UNB+UNOW:4+CUSTOMS+POST+{at:%y%m%d}:{at:%H%M}+1", "UNH+1+CUSRSP:D:00A:UN"]
    body: list[str] = []
    for place, answer in enumerate(answers, start=1):
        reply = reply_to(answer)
        body += [
            f"GID+{place}",
            f"RFF+AAO:{_SERVICE.released(answer.parcel_id)}",
            f"RFF+AEP:{answer.version}",
            f"GIS+{reply.cusrsp}:108",
            f"GIS+{reply.processing}:7365",
            f"DTM+148:{answer.scored_at:%Y%m%d%H%M%S}:204",
        ]
        body += [f"LOC+SCR+{method}" for method in reply.methods]
        if reply.action == "request_information":
            body += [f"ERC+{_SERVICE.released(flag)}" for flag in answer.quality_flags]
    segments += [*body, f"UNT+{len(body) + 2}+1", "UNZ+1+1"]
    return "UNA:+.? '\n" + "".join(f"{segment}'\n" for segment in segments)


def ics2_referrals(answers: Iterable[Answer], at: datetime) -> str:
    """Answers as one ICS2-like document: a referral request per parcel of which something is asked."""
    lines = ['<?xml version="1.0" encoding="UTF-8"?>', "<ReferralRequests>"]
    lines.append(f"<documentIssueDate>{at:%Y-%m-%dT%H:%M:%SZ}</documentIssueDate>")
    for place, answer in enumerate(answers, start=1):
        reply = reply_to(answer)
        methods = "".join(
            f"<recommendedScreeningMethod>{method}</recommendedScreeningMethod>" for method in reply.methods
        )
        kind = f"<type>{reply.ics2_type}</type>" if reply.ics2_type else ""
        asked = "".join(
            f"<additionalInformation>{escape(flag)}</additionalInformation>" for flag in answer.quality_flags
        )
        lines.append(
            f"<ReferralRequest><message>{reply.ics2}</message><reference>{place:06}</reference>{kind}{methods}"
            f"{asked if reply.action == 'request_information' else ''}"
            f"<TransportDocumentHouseLevel><referenceNumber>{escape(answer.parcel_id)}</referenceNumber>"
            "</TransportDocumentHouseLevel></ReferralRequest>"
        )
    return "\n".join([*lines, "</ReferralRequests>", ""])


def _element(name: str, text: str) -> str:
    return f"<{name}>{escape(text)}</{name}>"
