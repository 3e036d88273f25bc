"""Commands `audit ...`: is the audit what was signed, its checkpoints, proofs from it, and its entries."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from parcel_risk.console import err, out, working
from serving.settings import Settings

if TYPE_CHECKING:
    from serving.tlog.entries import Entry

app = typer.Typer(no_args_is_help=True, help="The audit: who did what; a signed tree shows what was changed in it.")
KeyOpt = Annotated[
    str | None, typer.Option("--key", help="Public key of the log, in hex; this installation's when left out.")
]
ToOpt = Annotated[Path | None, typer.Option("--out", help="Write it to this file.")]


@app.command()
def verify(
    files: Annotated[list[Path] | None, typer.Argument(help="Checkpoints kept elsewhere, to compare with.")] = None,
) -> None:
    """Compute the tree anew from all entries and compare it with every checkpoint; name the first bad entry.

    Ends with status 1 where an entry was changed, is missing or was added, or the end was cut off.
    """
    if not verify_store(Settings(), files or []):
        raise typer.Exit(1)


def verify_store(settings: Settings, files: list[Path]) -> bool:
    """Compare the audit with the checkpoints that are kept and those in `files`; say what was found."""
    from serving.installation import opened_store
    from serving.office.audit_verifying import verify as compared
    from serving.office.checkpoints import read_file, refuse_unsigned
    from serving.verification import checkpoints_of

    kept = checkpoints_of(settings)
    checkpoints = []
    for path in [*kept.files(), *files]:
        checkpoint = read_file(path)
        refuse_unsigned(checkpoint, kept.public_key, path.name)
        checkpoints.append(checkpoint)
    with working("reading the audit"), opened_store(settings) as store, store.begin_read() as connection:
        found = compared(connection, checkpoints)
    out.print(f"{found.n_entries:,} entries read; {found.n_agreeing:,} of {len(checkpoints):,} checkpoints agree")
    if found.n_void:
        out.print(f"{found.n_void:,} numbers have no entry: of transactions that were not committed")
    for loss in found.losses:
        out.print(_line(loss), markup=False, soft_wrap=True)
    if found.fault is None:
        n_behind = found.n_entries + found.n_void - found.n_in_tree
        out.print(f"{n_behind:,} entries came since the newest checkpoint, and are in none yet")
        return True
    out.print(f"{found.fault.what}.", soft_wrap=True)
    return False


@app.command()
def checkpoint(
    to: ToOpt = None,
    since: Annotated[
        Path | None, typer.Option(help="Earlier checkpoint: put the proof before it that this one continues it.")
    ] = None,
) -> None:
    """Sign the audit as it is now; give the file to somebody who keeps it elsewhere."""
    make_checkpoint(Settings(), to, since)


def make_checkpoint(settings: Settings, to: Path | None, since: Path | None) -> None:
    """Make a checkpoint, and print or write it."""
    from features.parcel.problems import ParcelRiskError
    from serving.installation import opened_store
    from serving.office import auditing
    from serving.office.checkpoints import read_file, refuse_unsigned
    from serving.tlog.checkpoints import LOG, verifier_key
    from serving.verification import checkpoints_of

    kept = checkpoints_of(settings)
    with opened_store(settings) as store:
        made = auditing.checkpoint(store, store.begin, kept)
        if made is None:
            raise ParcelRiskError("the audit has no entry yet. Come back when something was done.")
        text = made.text()
        if since is not None:
            before = read_file(since)
            refuse_unsigned(before, kept.public_key, since.name)
            with store.begin_read() as connection:
                text = auditing.since(connection, before, made).text()
    _give(text, to)
    err.print(f"signed with the key {kept.public_key}", soft_wrap=True, markup=False)
    err.print(f"verifier key {verifier_key(kept.origin, LOG, kept.public_key)}", soft_wrap=True, markup=False)


@app.command()
def prove(number: Annotated[int, typer.Argument(min=1, help="Number of an entry.")], to: ToOpt = None) -> None:
    """Prove that an entry is in the audit, under the newest checkpoint: a text that is checked offline."""
    prove_entry(Settings(), number, to)


def prove_entry(settings: Settings, number: int, to: Path | None) -> None:
    """Print or write the proof of an entry; where it is in no checkpoint yet, one is made."""
    from serving.installation import opened_store
    from serving.office import auditing
    from serving.verification import checkpoints_of

    with opened_store(settings) as store:
        proof = auditing.prove(store, checkpoints_of(settings), number)
    _give(proof.text(), to)


@app.command()
def check(
    file: Annotated[Path, typer.Argument(help="Checkpoint or proof.", show_default=False)],
    key: KeyOpt = None,
    witness: Annotated[
        list[str] | None, typer.Option(help="Verifier key of a witness that must have cosigned. Repeatable.")
    ] = None,
) -> None:
    """Check a checkpoint or a proof without a store: who signed it, and what it proves."""
    if not check_file(Settings(), file, key, witness or []):
        raise typer.Exit(1)


def check_file(settings: Settings, path: Path, key: str | None, witnesses: list[str]) -> bool:
    """Say what a file proves, and whether it holds; whoever has the public key needs nothing else."""
    from serving.office.checkpoints import refuse_unsigned, text_of
    from serving.tlog.checkpoints import read_checkpoint, witnessed_at
    from serving.tlog.proofs import is_proof, read_inclusion
    from serving.verification import public_key

    text = text_of(path)
    proof = read_inclusion(text, path.name) if is_proof(text) else None
    signed = read_checkpoint(text, path.name) if proof is None else proof.checkpoint
    refuse_unsigned(signed, key or public_key(settings), path.name)
    out.print(f"signed by {signed.origin}: a tree of {signed.size:,} entries", soft_wrap=True, markup=False)
    holds = True
    for witness in witnesses:
        at = witnessed_at(signed, witness)
        name, holds = witness.split("+")[0], holds and at is not None
        out.print(f"seen by {name} at {at:%Y-%m-%d %H:%M:%S}" if at else f"not seen by {name}", markup=False)
    if proof is not None:
        out.print(_line(proof.entry), soft_wrap=True, markup=False)
        out.print("the entry is in that tree" if proof.holds else "the entry is NOT in that tree: it was changed")
    return holds and (proof is None or proof.holds)


@app.command()
def cosign(
    file: Annotated[Path, typer.Argument(help="Checkpoint, or what `checkpoint --since` wrote.", show_default=False)],
    name: Annotated[str, typer.Option("--as", help="Name of the witness, as in customs.example/witness.")],
    key: KeyOpt = None,
    seen: Annotated[Path | None, typer.Option(help="Checkpoint that you cosigned last.")] = None,
    pem: Annotated[Path | None, typer.Option(help="Your private key; this installation's when left out.")] = None,
    to: ToOpt = None,
) -> None:
    """Add your line to another authority's checkpoint: you saw it, and it continues the one before."""
    cosign_file(Settings(), file, name=name, key=key, seen=seen, pem=pem, to=to)


def cosign_file(
    settings: Settings, path: Path, *, name: str, key: str | None, seen: Path | None, pem: Path | None, to: Path | None
) -> None:
    """Cosign a checkpoint, and print or write it."""
    from features.signing import public_key_of
    from serving.keys import VERIFIER
    from serving.office.checkpoints import read_file, text_of
    from serving.office.witnessing import cosigned
    from serving.office.writer import now
    from serving.tlog.checkpoints import WITNESS, verifier_key
    from serving.verification import public_key

    mine = pem or settings.keys / VERIFIER
    made = cosigned(
        text_of(path),
        path.name,
        public_key=key or public_key(settings),
        before=read_file(seen) if seen is not None else None,
        name=name,
        key=mine,
        at=now(),
    )
    _give(made.text(), to)
    err.print(f"verifier key {verifier_key(name, WITNESS, public_key_of(mine))}", soft_wrap=True, markup=False)


@app.command()
def lost(
    file: Annotated[Path, typer.Argument(help="Checkpoint that the audit does not continue.", show_default=False)],
    name: Annotated[str, typer.Option("--as", help="Your name: a supervisor or an administrator.")],
) -> None:
    """Record that entries are lost, after an older backup was restored; the audit then continues without them."""
    record_loss(Settings(), file, name)


def record_loss(settings: Settings, path: Path, name: str) -> None:
    """Record the loss, and show the entry that says so."""
    from serving.installation import opened_store
    from serving.office import auditing
    from serving.office.checkpoints import read_file, refuse_unsigned
    from serving.office.writer import now
    from serving.store.times import microseconds
    from serving.verification import checkpoints_of

    kept, missing = checkpoints_of(settings), read_file(path)
    refuse_unsigned(missing, kept.public_key, path.name)
    with opened_store(settings) as store:
        entry = auditing.record_loss(store, kept, missing, name, at_us=microseconds(now()))
    out.print(_line(entry), markup=False, soft_wrap=True)


@app.command()
def show(
    who: Annotated[str | None, typer.Option(help="Only of this client.")] = None,
    action: Annotated[str | None, typer.Option(help="Only of this kind.")] = None,
    event: Annotated[int | None, typer.Option(help="Only about this event of the log.")] = None,
    since: Annotated[datetime | None, typer.Option(help="Only from this day on, in UTC.")] = None,
    last: Annotated[int, typer.Option(min=1, help="Most entries to show.")] = 20,
) -> None:
    """Show the newest entries."""
    found = newest(Settings(), last, who=who, action=action, event=event, since=since)
    for entry in found:
        out.print(_line(entry), markup=False, soft_wrap=True)
    if not found:
        out.print("the audit has no such entry")


def newest(
    settings: Settings, n: int, *, who: str | None, action: str | None, event: int | None, since: datetime | None
) -> list[Entry]:
    """Newest entries that fit, oldest first."""
    from datetime import UTC

    from serving.installation import opened_store
    from serving.store.audit import entries
    from serving.store.times import microseconds

    since_us = microseconds(since.replace(tzinfo=UTC)) if since is not None else None
    filters = {"who": who, "action": action, "event": event, "since_us": since_us}
    with opened_store(settings) as store, store.begin_read() as connection:
        return entries(connection, limit=n, is_newest_first=True, **filters)[::-1]  # type: ignore[arg-type]


def _line(entry: Entry) -> str:
    from serving.store.times import time_of

    events = "" if entry.first is None else f"event {entry.first}"
    if entry.last != entry.first:
        events = f"events {entry.first} to {entry.last}"
    words = (str(entry.number), f"{time_of(entry.at):%Y-%m-%d %H:%M:%S}", entry.who, entry.action, events, entry.detail)
    return "  ".join(word for word in words if word)


def _give(text: str, to: Path | None) -> None:
    if to is None:
        out.print(text, end="", soft_wrap=True, markup=False)
    else:
        to.write_text(text, "utf-8")
