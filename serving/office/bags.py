"""Bags of evidence: BagIt folders that anybody checks offline with the script inside, see `bag_verifier`.

Two editions are made at once. Both hold the same list of salted commitments, which an entry of the audit names; the
full one holds every claim, the one for disclosure those that may be disclosed. So it is a cut of the same whole.
"""

from __future__ import annotations

import hashlib
import json
import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from features.parcel.problems import StoreError
from features.signing import sign_bytes
from serving.office import bag_verifier
from serving.office.auditing import Begin, checkpoint, prove, since
from serving.office.case_ld import investigation
from serving.office.checkpoints import Checkpoints
from serving.office.evidence import WITHHELD, Claims, Sources, claims_of, entries_about
from serving.office.resolving import one_parcel
from serving.store import Client, Connection, Store
from serving.store.database import note
from serving.store.log_changes import about
from serving.store.times import microseconds
from serving.tlog.checkpoints import Checkpoint
from serving.tlog.entries import Entry

FULL, DISCLOSURE = "full", "disclosure"
Files = dict[str, bytes]
"""Content by path in the bag."""
Render = Callable[[Claims, str, datetime], Files]
"""Makes what people read of claims, the name of the edition and the time: files by name."""
_ACTION = "evidence"
_MADE, _BEFORE, _CONSISTENCY = "made.checkpoint", "before.checkpoint", "consistency.txt"


@dataclass(frozen=True, kw_only=True)
class Order:
    """Whose evidence is wanted: number of the parcel, own case number, who asks, and when."""

    number: str
    operator: str | None
    case: str
    client: Client
    at: datetime


@dataclass(frozen=True, kw_only=True)
class _Edition:
    claims: Claims
    salts: Mapping[str, str]
    commitments: str
    proofs: Mapping[str, str]


def make(
    store: Store,
    write: Begin,
    sources: Callable[[Connection], Sources],
    kept: Checkpoints,
    order: Order,
    render: Render,
) -> dict[str, Files]:
    """Make both editions; return the files of each by name.

    Parameters
    ----------
    write:
        Opens a transaction that writes: a running service has its own.
    sources:
        Makes the sources of claims of a transaction.
    kept:
        Checkpoints: entries of the audit that are in none yet get one.
    render:
        Makes what people read of each edition.

    Raises
    ------
    StoreError
        When there is no such parcel.
    """
    whole = _whole(store, write, sources, kept, order)
    editions = {FULL: whole, DISCLOSURE: _disclosed(whole)}
    return {name: _bag(_pages(one, name, order, render), kept.key, order) for name, one in editions.items()}


def put(folder: Path, editions: Mapping[str, Files]) -> dict[str, Path]:
    """Write editions below a folder; return the folder of each.

    Raises
    ------
    StoreError
        When one is there already.
    """
    folders = {name: folder / name for name in editions}
    if any(one.exists() for one in folders.values()):
        raise StoreError(f"{folder} holds a bag already. Give another folder.")
    for name, files in editions.items():
        for file, content in files.items():
            path = folders[name] / file
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            path.write_bytes(content)
    return folders


def _whole(
    store: Store, write: Begin, sources: Callable[[Connection], Sources], kept: Checkpoints, order: Order
) -> _Edition:
    at_us, before = microseconds(order.at), kept.newest()
    with write() as connection:
        versions = one_parcel(connection, order.number, order.operator)
        claims: Claims = json.loads(json.dumps(claims_of(sources(connection), versions, case=order.case)))
        salts = {name: secrets.token_hex(16) for name in claims}
        commitments = "".join(f"{_commitment(salts[name], name, claims[name])} {name}\n" for name in sorted(claims))
        digest = hashlib.sha256(commitments.encode()).hexdigest()
        seqs = about(connection, [one.seq for one in versions])
        who = order.client.client_id
        note(connection, at_us=at_us, client_id=who, action=_ACTION, seqs=seqs, detail=f"commitments {digest}")
        entries = entries_about(connection, seqs)
    proofs = _proofs(store, write, kept, entries, before)
    return _Edition(claims=claims, salts=salts, commitments=commitments, proofs=proofs)


def _proofs(
    store: Store, write: Begin, kept: Checkpoints, entries: Sequence[Entry], before: Checkpoint | None
) -> dict[str, str]:
    """Proofs of entries: under the checkpoint before this bag where that holds them, else under the one of its making.

    Both are in the bag with the proof that one continues the other. So a bag that was made in a restored copy, where
    the log is another one from then on, has what a later checkpoint of the log itself continues.
    """
    made = checkpoint(store, write, kept)  # first, so that one holds all of them
    if made is None:
        raise StoreError("the audit has no entry. Ask again.")
    files = {_MADE: made.text()}
    if before is not None:
        with store.begin_read() as connection:
            files |= {_BEFORE: before.text(), _CONSISTENCY: since(connection, before, made).text()}
    for one in entries:
        under = before if before is not None and one.number <= before.size else made
        files[f"{one.number:012d}.proof"] = prove(store, kept, one.number, under).text()
    return files


def _commitment(salt: str, name: str, value: object) -> str:
    text = json.dumps([salt, name, value], ensure_ascii=False, separators=(",", ":"), sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()


def _disclosed(whole: _Edition) -> _Edition:
    """The edition for disclosure: of the audit only the entry about the claims themselves."""
    claims = {name: value for name, value in whole.claims.items() if name.partition(".")[0] not in WITHHELD}
    own = max(name for name in whole.proofs if name.endswith(".proof"))
    proofs = {name: text for name, text in whole.proofs.items() if name == own or not name.endswith(".proof")}
    return _Edition(claims=claims, salts=whole.salts, commitments=whole.commitments, proofs=proofs)


def _pages(edition: _Edition, name: str, order: Order, render: Render) -> Files:
    disclosed = {claim: [edition.salts[claim], edition.claims[claim]] for claim in sorted(edition.claims)}
    texts = {
        "commitments.txt": edition.commitments,
        "claims.json": _json(disclosed),
        "case.jsonld": _json(investigation(edition.claims, case=order.case, at=order.at)),
        "verify.py": Path(bag_verifier.__file__).read_text("utf-8"),
        **{f"audit/{file}": text for file, text in edition.proofs.items()},
    }
    return {file: text.encode() for file, text in texts.items()} | render(edition.claims, name, order.at)


def _json(content: object) -> str:
    return json.dumps(content, ensure_ascii=False, indent=1, sort_keys=True) + "\n"


def _bag(pages: Files, key: Path, order: Order) -> Files:
    """Files of a bag (RFC 8493) whose tag manifest is signed."""
    payload = {f"data/{name}": content for name, content in pages.items()}
    size = sum(map(len, payload.values()))
    info = (
        f"Bagging-Date: {order.at:%Y-%m-%d}\nExternal-Identifier: {' '.join(order.case.split())}\n"
        f"Payload-Oxum: {size}.{len(payload)}\n"
    )
    tags = {
        "bagit.txt": b"BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n",
        "bag-info.txt": info.encode(),
        "manifest-sha256.txt": _manifest(payload),
    }
    tag_manifest = _manifest(tags)
    head = f"parcel-risk evidence bag 1\n{hashlib.sha256(tag_manifest).hexdigest()}\n"
    signed = f"{head}{sign_bytes(head.encode(), key).hex()}\n"
    return {**payload, **tags, "tagmanifest-sha256.txt": tag_manifest, "bag-signature.txt": signed.encode()}


def _manifest(contents: Mapping[str, bytes]) -> bytes:
    lines = (f"{hashlib.sha256(content).hexdigest()}  {name}\n" for name, content in sorted(contents.items()))
    return "".join(lines).encode()
