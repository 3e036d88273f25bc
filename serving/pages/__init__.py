"""Server-rendered pages, one module per page; they work by keyboard alone and without their script."""

from serving.pages import (
    clocks,
    custody,
    docs,
    events,
    funnel,
    language_choice,
    line,
    observed,
    outcome,
    problems,
    quality,
    queue,
    session,
    stages,
    station,
    trials,
)

_AT_THE_STATION = (
    session,
    language_choice,
    station,
    outcome,
    events,
    queue,
    stages,
    observed,
    trials,
    funnel,
    clocks,
    custody,
    quality,
    line,
)
PAGES = tuple(one.router for one in (docs, problems, *_AT_THE_STATION))
