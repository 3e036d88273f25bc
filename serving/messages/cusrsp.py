"""Answers as a CUSRSP-like EDIFACT interchange."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from features.sources.syntax.edifact import Service
from serving.messages.codes import ASK, reply_to
from serving.office.answers import Answer

_SERVICE = Service()


def cusrsp(answers: Iterable[Answer], at: datetime) -> str:
    """Answers as one interchange: per parcel its number, decision and, where asked for, the doubts."""
    segments = [f"UNB+UNOW:4+CUSTOMS+POST+{at:%y%m%d}:{at:%H%M}+1", "UNH+1+CUSRSP:D:00A:UN"]
    body = [segment for number, answer in enumerate(answers, start=1) for segment in _item(number, answer)]
    segments += [*body, f"UNT+{len(body) + 2}+1", "UNZ+1+1"]
    return "UNA:+.? '\n" + "".join(f"{segment}'\n" for segment in segments)


def _item(number: int, answer: Answer) -> list[str]:
    reply = reply_to(answer.referral)
    indicator = [f"GIS+{reply.processing}:7365"] if reply.processing else []
    doubts = [f"ERC+{_SERVICE.released(flag)}" for flag in answer.quality_flags] if reply is ASK else []
    return [
        f"GID+{number}",
        f"RFF+AAO:{_SERVICE.released(answer.parcel_id)}",
        f"RFF+AEP:{answer.version}",
        f"GIS+{reply.cusrsp}:108",
        *indicator,
        f"DTM+148:{answer.scored_at:%Y%m%d%H%M%S}:204",
        *(f"LOC+SCR+{method}" for method in reply.methods),
        *doubts,
    ]
