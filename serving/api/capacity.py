"""Capacity of the lines: what is in force, what a change would mean, and how it comes into force."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends
from pydantic import AwareDatetime, BaseModel, Field

from features.parcel.problems import ParcelRiskError
from serving.api.access import TheOffice, having
from serving.api.problems import Problem
from serving.api.routing import resource
from serving.office.capacity import SETTING, Preview, approve, preview, propose
from serving.office.capacity_model import CapacityModel, capacity_of
from serving.office.office import Office
from serving.store import Client, Connection
from serving.store.policy_history import SavedCapacity, capacity_in_force, capacity_proposed
from serving.store.times import time_of

router = resource()
Setter = Annotated[Client, Depends(having(*SETTING))]


class SavedModel(BaseModel):
    """A capacity as it was proposed."""

    number: int
    capacity: CapacityModel
    author: str
    approver: str | None = Field(description="Null while nobody has approved it.")

    @classmethod
    def of(cls, saved: SavedCapacity) -> SavedModel:
        """Write a saved capacity for the wire."""
        capacity = CapacityModel.of(capacity_of(saved.content))
        return cls(number=saved.id, capacity=capacity, author=saved.author, approver=saved.approver)


class CutModel(BaseModel):
    """The share in force, and what it follows from."""

    share: float = Field(description="Of the parcels to come, for their score or at random, 0..1.")
    random_share: float = Field(description="Part of it that is drawn.")
    until: AwareDatetime | None = Field(description="End of the shift; null where the share is that of the settings.")
    inspections_left: int | None
    parcels_expected: float | None
    overflow: float | None = Field(description="Probability that more are selected than can be inspected.")

    @classmethod
    def of(cls, office: Office) -> CutModel:
        """What the office decides by."""
        policy, cut = office.line.now.policy, office.line.now.cut
        return cls(
            share=policy.capacity_share,
            random_share=policy.random_share,
            until=None if cut is None else time_of(cut.window.until_us),
            inspections_left=None if cut is None else cut.left,
            parcels_expected=None if cut is None else cut.expected,
            overflow=None if cut is None else cut.overflow,
        )


class CapacityAnswer(BaseModel):
    """Capacity of the office."""

    in_force: SavedModel | None = Field(description="Null where no shifts are set: the share of the settings holds.")
    proposed: SavedModel | None = Field(description="Newest proposal that nobody has approved yet.")
    cut: CutModel


class PreviewModel(BaseModel):
    """What a capacity would have meant in the four weeks before, on average of its windows."""

    n_windows: int = Field(description="0 where too little was scored to say anything.")
    parcels: float
    inspections: float
    drawn: float
    expected_findings: float
    let_go: float = Field(description="Expected findings among the parcels that are not selected.")
    tie_share: float = Field(description="Share of the inspections by score that only a draw among equals decided.")

    @classmethod
    def of(cls, made: Preview) -> PreviewModel:
        """Write a preview for the wire."""
        return cls(**vars(made))


class PreviewAnswer(BaseModel):
    """What is in force, and what was asked about."""

    in_force: PreviewModel
    asked: PreviewModel


class ProposedAnswer(BaseModel):
    """Receipt for a proposal, with what it would have meant."""

    number: int
    preview: PreviewAnswer


@router.get("/capacity", summary="Read the capacity of the lines", tags=["supervisors"])
def read_capacity(office: TheOffice, client: Setter) -> CapacityAnswer:
    """Shifts in force and proposed, and the share that holds at this moment."""
    with office.store.begin_read() as connection:
        in_force, proposed = capacity_in_force(connection), capacity_proposed(connection)
    is_open = proposed is not None and proposed.approver is None
    return CapacityAnswer(
        in_force=None if in_force is None else SavedModel.of(in_force),
        proposed=SavedModel.of(proposed) if proposed is not None and is_open else None,
        cut=CutModel.of(office),
    )


@router.post("/capacity/preview", summary="See what a capacity would have meant", tags=["supervisors"])
def preview_capacity(asked: CapacityModel, office: TheOffice, client: Setter) -> PreviewAnswer:
    """Expected findings and what is let go, next to what is in force. Nothing is saved."""
    with office.store.begin_read() as connection:
        return _previews(connection, office, asked)


@router.post("/capacity", summary="Propose a capacity", tags=["supervisors"])
def propose_capacity(wanted: CapacityModel, office: TheOffice, client: Setter) -> ProposedAnswer:
    """Keep a capacity; it comes into force when another person approves it, who sees the same preview."""
    with office.writer.transaction() as transaction:
        made = _previews(transaction.connection, office, wanted)
        number = propose(transaction.connection, wanted.capacity(), client.client_id, office.clock())
    return ProposedAnswer(number=number, preview=made)


@router.post("/capacity/{number}/approval", summary="Put a capacity into force", tags=["supervisors"])
def approve_capacity(number: int, office: TheOffice, client: Setter) -> SavedModel:
    """Approve the newest proposal, which somebody else has made; the share is cut by it within a minute."""
    try:
        with office.writer.transaction() as transaction:
            approve(transaction.connection, number, client.client_id, office.clock())
            saved = capacity_in_force(transaction.connection)
    except ParcelRiskError as error:
        raise Problem(409, "Not approved", str(error)) from error
    return SavedModel.of(saved)  # type: ignore[arg-type]  # it was approved just now


def _previews(connection: Connection, office: Office, asked: CapacityModel) -> PreviewAnswer:
    try:
        wanted = asked.capacity()
    except ValueError as error:
        raise Problem(422, "No capacity", str(error)) from error
    saved, at = capacity_in_force(connection), office.clock()
    now = None if saved is None else capacity_of(saved.content)
    return PreviewAnswer(
        in_force=PreviewModel.of(preview(connection, now, office.line.base, at)),
        asked=PreviewModel.of(preview(connection, wanted, office.line.base, at)),
    )
