"""Server-rendered pages, one module per page; they work by keyboard alone and without their script."""

from serving.pages import (
    account,
    bags,
    cases,
    clocks,
    custody,
    docs,
    events,
    exchange,
    funnel,
    hand_over,
    history,
    language_choice,
    line,
    login,
    observed,
    outcome,
    person,
    practice,
    problems,
    quality,
    queue,
    seizures,
    stages,
    station,
    trials,
)
from serving.pages.desk import DESK

_AT_THE_STATION = (
    *(
        login,
        account,
        language_choice,
        station,
        history,
        person,
        outcome,
        hand_over,
        events,
        queue,
        stages,
        observed,
        trials,
        funnel,
        clocks,
    ),
    *(custody, seizures, exchange, cases, bags, quality, line, practice),
)
PAGES = tuple(one.router for one in (docs, problems, *_AT_THE_STATION)) + DESK
