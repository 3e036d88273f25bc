"""Server-rendered pages, one module per page; they work by keyboard alone and without their script."""

from serving.pages import custody, docs, funnel, observed, problems, quality, session, stages, station, trials

PAGES = tuple(
    one.router for one in (docs, problems, session, station, stages, observed, trials, funnel, custody, quality)
)
