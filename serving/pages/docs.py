"""The page that shows the API's description, and the address that leads to the station."""

from __future__ import annotations

from fastapi import APIRouter, Request
from fastapi.responses import Response

from serving.pages.layout import plain, redirect

router = APIRouter(include_in_schema=False)


@router.get("/")
def root() -> Response:
    """Lead to the station."""
    return redirect("/station")


@router.get("/docs")
def api_docs(request: Request) -> Response:
    """Show the API's description; its script comes from this service."""
    return plain(request, "docs.html")
