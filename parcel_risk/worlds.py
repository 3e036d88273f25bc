"""Synthetic worlds as commands make and write them."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

from data.synthetic import World, generate, load_scenario
from data.synthetic.formats import write
from features.identity import IdentityKey
from parcel_risk.console import out, working


def make_world(scenario: str, *, n_parcels: int, n_days: int, seed: int, end_on: date) -> World:
    """Generate a world with a progress bar."""
    chosen = load_scenario(scenario)
    with working(f"inventing {n_parcels:,} synthetic parcels ({chosen.title})") as progress:
        task = progress.task_ids[0]
        progress.update(task, total=1.0)
        return generate(
            chosen,
            n_parcels=n_parcels,
            n_days=n_days,
            seed=seed,
            end_on=end_on,
            progress=lambda share: progress.update(task, completed=share),
        )


def write_world(world: World, folder: Path, formats: tuple[str, ...], identity: IdentityKey | None = None) -> None:
    """Write a world as files; what parcels really held goes into a folder of its own."""
    with working(f"writing to {folder}"):
        files = write(world, folder, formats=formats, identity=identity)
    out.print(f"{world.parcels.height:,} synthetic parcels and {world.outcomes.height:,} outcomes in {folder}")
    out.print(f"{len(files):,} files: {', '.join(formats)}")


def given(row: dict[str, Any]) -> dict[str, Any]:
    """Leave out what is null, down into the pieces."""
    return {
        name: [given(piece) for piece in value] if isinstance(value, list) else value
        for name, value in row.items()
        if value is not None
    }
