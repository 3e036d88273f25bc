"""Who sees the pages of supervisors, and under which address they are."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, HTTPException

from serving.pages.session import Officer
from serving.store import Client, Role

PREFIX = "/station/desk"


def supervising(officer: Officer) -> Client:
    """Supervisor of the session; 403 for other officers."""
    if officer.role is not Role.SUPERVISOR:
        raise HTTPException(403, "This page is for supervisors. Sign in with the key of one.")
    return officer


Supervisor = Annotated[Client, Depends(supervising)]
