"""Pages about the types of problems: where the address leads that every problem document gives as its type."""

from __future__ import annotations

from dataclasses import dataclass

from fastapi import APIRouter, HTTPException, Request
from fastapi.responses import HTMLResponse

from serving.office.problem_types import PATH, ProblemType, problem_types, type_uri
from serving.pages.layout import page

router = APIRouter(prefix=PATH, include_in_schema=False)


@dataclass(frozen=True, kw_only=True)
class ProblemsPage:
    """Everything `problems.html` shows: address, title, status codes, what happened, what to do."""

    shown: list[tuple[str, str, str, str, str]]

    @classmethod
    def of(cls, types: list[ProblemType]) -> ProblemsPage:
        """Show `types`."""
        rows = ((type_uri(one.title), one.title, _codes(one), one.says, one.remedy) for one in types)
        return cls(shown=list(rows))


@router.get("")
def index(request: Request) -> HTMLResponse:
    """List all types."""
    return page(request, "problems.html", ProblemsPage.of(list(problem_types().values())))


@router.get("/{slug}")
def one_type(request: Request, slug: str) -> HTMLResponse:
    """Say what one type means."""
    known = problem_types().get(slug)
    if known is None:
        raise HTTPException(404, f"No problem has this address; {PATH} lists them.")
    return page(request, "problems.html", ProblemsPage.of([known]))


def _codes(one: ProblemType) -> str:
    return ", ".join(map(str, one.status))
