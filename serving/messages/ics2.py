"""Answers as an ICS2-like document of referral requests."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from xml.sax.saxutils import escape

from serving.messages.codes import ASK, reply_to
from serving.office.answers import Answer, DoubtModel


def ics2_referrals(answers: Iterable[Answer], at: datetime) -> str:
    """Answers as one document: a referral request per parcel, with the doubts about its data."""
    requests = [_request(number, answer) for number, answer in enumerate(answers, start=1)]
    head = ['<?xml version="1.0" encoding="UTF-8"?>', "<ReferralRequests>"]
    issued = f"<documentIssueDate>{at:%Y-%m-%dT%H:%M:%SZ}</documentIssueDate>"
    return "\n".join([*head, issued, *requests, "</ReferralRequests>", ""])


def _request(number: int, answer: Answer) -> str:
    reply = reply_to(answer.referral)
    return (
        "<ReferralRequest>"
        + _element("message", reply.ics2)
        + _element("reference", f"{number:06}")
        + (_element("type", reply.ics2_type) if reply.ics2_type else "")
        + "".join(_element("recommendedScreeningMethod", method) for method in reply.methods)
        + "".join(_element("additionalInformation", flag) for flag in answer.quality_flags if reply is ASK)
        + "".join(map(_error, answer.doubts))
        + "<TransportDocumentHouseLevel>"
        + _element("referenceNumber", answer.parcel_id)
        + "</TransportDocumentHouseLevel></ReferralRequest>"
    )


def _error(doubt: DoubtModel) -> str:
    """Which value was not used as it was sent, why, and what to do."""
    return (
        "<functionalError>"
        + _element("errorPointer", doubt.field)
        + _element("errorCode", doubt.code)
        + _element("errorReason", f"{doubt.reason} {doubt.remedy}")
        + "</functionalError>"
    )


def _element(name: str, text: str) -> str:
    return f"<{name}>{escape(text)}</{name}>"
