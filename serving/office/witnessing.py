"""Cosign a checkpoint of another authority: this installation saw it, and it continues the one that it saw before."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from features.parcel.problems import StoreError
from serving.office.checkpoints import refuse_unsigned
from serving.tlog import checkpoints
from serving.tlog.checkpoints import Checkpoint, read_checkpoint
from serving.tlog.proofs import is_request, read_consistency


def cosigned(
    text: str, what: str, *, public_key: str, before: Checkpoint | None, name: str, key: Path, at: datetime
) -> Checkpoint:
    """Checkpoint in a text with one more line.

    Parameters
    ----------
    text:
        A checkpoint, or one with the proof that it continues `before`.
    what:
        Where the text came from.
    public_key:
        Of the log, in hex.
    before:
        Checkpoint that was cosigned last; None for the first one.
    name, key, at:
        The witness, the file of its private key, and now.

    Raises
    ------
    StoreError
        When the log did not sign it, or it does not show that it continues `before`.
    """
    proof = read_consistency(text, what) if is_request(text) else None
    made = proof.checkpoint if proof is not None else read_checkpoint(text, what)
    refuse_unsigned(made, public_key, what)
    if before is not None:
        refuse_unsigned(before, public_key, "the checkpoint seen before")
        if proof is None or not proof.continues(before):
            raise StoreError(
                f"{what} does not show that it continues the checkpoint of {before.size:,} entries which you saw. Ask "
                "for what `audit checkpoint --since` writes with that one; where it writes none, the audit was changed."
            )
    return checkpoints.cosigned(made, name, key, at)
