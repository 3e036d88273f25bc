"""Server-rendered pages, one module per page; they work by keyboard alone and without their script."""

from serving.pages import docs, observed, quality, session, stages, station

PAGES = tuple(one.router for one in (docs, session, station, stages, observed, quality))
