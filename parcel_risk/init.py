"""Command `init`: the secret keys of this installation."""

from __future__ import annotations

from typing import Annotated

import typer

from parcel_risk.console import out
from serving.settings import Settings


def init(approver: Annotated[str, typer.Option(help="Name of the local approver.")] = "local approver") -> None:
    """Make the secret keys of this installation, where they are missing."""
    from serving.keys import make_keys

    made = make_keys(Settings(), approver=approver)
    out.print("\n".join(f"made {path}" for path in made) or "nothing to make: all keys exist")
