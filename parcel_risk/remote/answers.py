"""What the service answers, as an operator's program reads it.

A later version of the service may answer with more fields, which are ignored, and with referrals that this version does
not know, which a person must check by hand.
"""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import AwareDatetime, BaseModel, BeforeValidator, ConfigDict

from policy.vocabulary import Referral

_TOLERANT = ConfigDict(frozen=True, extra="ignore")
REJECTED = "rejected"


class FieldProblem(BaseModel):
    """What is wrong with a field, and what to do; `line` is that of the file, or counts items of the request from 1."""

    model_config = _TOLERANT
    line: int
    field: str
    code: str
    reason: str
    remedy: str

    def __str__(self) -> str:
        """In one line, as it is shown to a person."""
        return f"line {self.line}, {self.field}: {self.reason} {self.remedy}"


class Doubt(FieldProblem):
    """A value that was read otherwise, cut or left out."""


class Answer(BaseModel):
    """Advice about one parcel. A person decides.

    Attributes
    ----------
    referral:
        What the office asks for. `not_assessed` says nothing about the parcel.
    pending_until:
        When the answer to an amendment is given; until then the referral is that of the declaration before it.
    probability, cause:
        None unless the authority shows them to this client.
    """

    model_config = _TOLERANT
    status: str
    parcel_id: str
    version: int
    referral: Annotated[Referral, BeforeValidator(Referral.parse)]
    quality_flags: tuple[str, ...]
    doubts: tuple[Doubt, ...] = ()
    degraded: str | None
    scored_at: AwareDatetime
    pending_until: AwareDatetime | None = None
    probability: float | None = None
    cause: str | None = None


class _Results(BaseModel):
    """Results of many items, in their order, each by itself."""

    model_config = _TOLERANT
    n_rejected: int
    n_scored: int
    n_repeated: int
    n_amended: int
    n_cancelled: int
    n_valid: int
    results: tuple[dict[str, Any], ...]

    @property
    def answers(self) -> tuple[Answer, ...]:
        """Answers to the items that were accepted."""
        return tuple(Answer.model_validate(one) for one in self.results if "referral" in one)

    @property
    def rejections(self) -> tuple[FieldProblem, ...]:
        """Why the others were not."""
        return tuple(FieldProblem.model_validate(one) for one in self.results if one["status"] == REJECTED)


class ManifestResult(_Results):
    """What became of the parcels of a manifest."""


class FileResult(_Results):
    """What became of the rows of a small file."""

    format: str
    n_rows: int
    ignored: tuple[str, ...]
    notes: tuple[str, ...]


class Job(BaseModel):
    """A large file that is worked through; `problem` says why it failed."""

    model_config = _TOLERANT
    job_id: str
    state: str
    n_rows: int
    n_taken: int
    n_rejected: int
    problem: str | None

    @property
    def is_over(self) -> bool:
        """Whether nothing more comes of it."""
        return self.state in ("done", "cancelled", "failed")


class HeldRow(BaseModel):
    """A row of yours that is pending correction, as you sent it."""

    model_config = _TOLERANT
    held_id: int
    state: str
    source: str
    line: int
    text: str
    reasons: tuple[FieldProblem, ...]


class Receipt(BaseModel):
    """Receipt for a report of an item in bad condition."""

    model_config = _TOLERANT
    status: str
    parcel_id: str


class Webhook(BaseModel):
    """A webhook; `secret` is known only where it was made by this call."""

    model_config = _TOLERANT
    webhook_id: str
    url: str
    n_sent: int
    n_failures: int
    last_result: str | None
    disabled_at: AwareDatetime | None
    disabled_because: str | None
    secret: str | None = None
