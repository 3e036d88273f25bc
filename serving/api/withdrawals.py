"""What a person recorded, withdrawn as a set: when a key was stolen or an officer lied."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Request
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from features.model_store import ModelStore
from serving.api.access import TheOffice, having
from serving.api.routing import resource
from serving.office.withdrawing import Withdrawn, recorded_by, withdraw
from serving.store import Client, Role

router = resource()
Supervisor = Annotated[Client, Depends(having(Role.SUPERVISOR))]


class RecordsToWithdraw(BaseModel):
    """Whose outcomes and stages are withdrawn, from when on, and why."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)
    client_id: Annotated[str, Field(min_length=1, max_length=60)]
    since: AwareDatetime
    reason: Annotated[str, Field(min_length=1, max_length=200)] = Field(description="For the audit; it names nobody.")
    run: bool = Field(False, description="Do it; without it the answer says what would be withdrawn.")


class WithdrawnRecords(BaseModel):
    """What was withdrawn, or would be, and what was learned from it meanwhile."""

    is_withdrawn: bool
    n_stages: int
    n_parcels: int
    learned: list[str] = Field(description="Models, lists and rules about which somebody decides.")


@router.post("/withdrawals", summary="Withdraw what a person recorded", tags=["supervisors"])
def withdraw_records(
    new: RecordsToWithdraw, request: Request, office: TheOffice, client: Supervisor
) -> WithdrawnRecords:
    """Retract it as one set; outcomes that follow from stages of others stay, and the log keeps all of it."""
    models = ModelStore(request.app.state.settings.models_dir)
    if not new.run:
        with office.store.begin_read() as connection:
            return _model(recorded_by(connection, models, new.client_id, new.since), is_withdrawn=False)
    with office.writer.transaction() as transaction:
        found = withdraw(transaction, models, new.client_id, new.since, client=client, reason=new.reason)
    return _model(found, is_withdrawn=True)


def _model(found: Withdrawn, *, is_withdrawn: bool) -> WithdrawnRecords:
    counts = {"n_stages": len(found.stages), "n_parcels": len(found.parcels)}
    return WithdrawnRecords(is_withdrawn=is_withdrawn, learned=list(found.learned), **counts)
