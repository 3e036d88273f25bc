"""Answers as a CUSRSP-like EDIFACT interchange."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from textwrap import wrap

from features.sources.syntax.edifact import Service
from serving.messages.codes import ASK, reply_to
from serving.office.answers import Answer, DoubtModel

_SERVICE = Service()
_TEXT, _TEXTS = 512, 5
"""Characters of one text of FTX, and texts of one segment."""


def cusrsp(answers: Iterable[Answer], at: datetime) -> str:
    """Answers as one interchange: per parcel its number, decision, and the doubts about its data."""
    segments = [f"UNB+UNOW:4+CUSTOMS+POST+{at:%y%m%d}:{at:%H%M}+1", "UNH+1+CUSRSP:D:00A:UN"]
    body = [segment for number, answer in enumerate(answers, start=1) for segment in _item(number, answer)]
    segments += [*body, f"UNT+{len(body) + 2}+1", "UNZ+1+1"]
    return "UNA:+.? '\n" + "".join(f"{segment}'\n" for segment in segments)


def _item(number: int, answer: Answer) -> list[str]:
    reply = reply_to(answer.referral)
    indicator = [f"GIS+{reply.processing}:7365"] if reply.processing else []
    flags = [f"ERC+{_SERVICE.released(flag)}" for flag in answer.quality_flags] if reply is ASK else []
    return [
        f"GID+{number}",
        f"RFF+AAO:{_SERVICE.released(answer.parcel_id)}",
        f"RFF+AEP:{answer.version}",
        f"GIS+{reply.cusrsp}:108",
        *indicator,
        f"DTM+148:{answer.scored_at:%Y%m%d%H%M%S}:204",
        *(f"LOC+SCR+{method}" for method in reply.methods),
        *flags,
        *(segment for doubt in answer.doubts for segment in _doubt(doubt)),
    ]


def _doubt(doubt: DoubtModel) -> tuple[str, str]:
    """Code of a value that was not used as it was sent, and which it is, why, and what to do."""
    said = f"{doubt.field}: {doubt.reason} {doubt.remedy}"
    texts = ":".join(_SERVICE.released(text) for text in wrap(said, _TEXT)[:_TEXTS])
    return f"ERC+{_SERVICE.released(doubt.code)}", f"FTX+AAO+++{texts}"
