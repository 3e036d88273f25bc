"""Verify a bag of evidence offline: python verify.py BAG PUBLIC_KEY [CHECKPOINT]. Python 3.9 or later, no packages.

PUBLIC_KEY (hex) is that of the installation, which its owner publishes; nothing in the bag vouches for it.
CHECKPOINT is a later one of its log, as `audit checkpoint --since BAG/data/audit/made.checkpoint` writes it.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import struct
import sys
from pathlib import Path
from typing import Any

P = 2**255 - 19
ORDER = 2**252 + 27742317777372353535851937790883648493
Point = tuple[int, int, int, int]
Claim = dict[str, Any]
Head = tuple[int, bytes]
D = -121665 * pow(121666, P - 2, P) % P


class Refused(Exception):
    """What is wrong, and where."""


def need(holds: object, where: str, why: str) -> None:
    """Refuse unless a condition holds."""
    if not holds:
        raise Refused(f"{where}: {why}")


def sha256(data: bytes) -> str:
    """SHA-256 in hex."""
    return hashlib.sha256(data).hexdigest()


def added(a: Point, b: Point) -> Point:
    """Sum of two points of Ed25519 in extended coordinates (RFC 8032, 5.1.4)."""
    e, f = (a[1] - a[0]) * (b[1] - b[0]) % P, (a[1] + a[0]) * (b[1] + b[0]) % P
    c, d = 2 * a[3] * b[3] * D % P, 2 * a[2] * b[2] % P
    x, y, z, t = f - e, f + e, d + c, d - c
    return x * t % P, y * z % P, z * t % P, x * y % P


def times(n: int, point: Point) -> Point:
    """Point added to itself n times."""
    found = (0, 1, 1, 0)
    while n:
        found = added(found, point) if n & 1 else found
        point, n = added(point, point), n >> 1
    return found


def point_of(data: bytes) -> Point:
    """Point of 32 bytes (RFC 8032, 5.1.3)."""
    y = int.from_bytes(data, "little")
    sign, y = y >> 255, y & (2**255 - 1)
    square = (y * y - 1) * pow(D * y * y + 1, P - 2, P) % P
    x = pow(square, (P + 3) // 8, P)
    if (x * x - square) % P:
        x = x * pow(2, (P - 1) // 4, P) % P
    need((x * x - square) % P == 0 and y < P, "point", "not on the curve")
    x = P - x if x & 1 != sign else x
    return x, y, 1, x * y % P


BASE = point_of((4 * pow(5, P - 2, P) % P).to_bytes(32, "little"))


def is_signed(message: bytes, signature: bytes, key: bytes) -> bool:
    """Whether an Ed25519 signature is genuine."""
    scalar = int.from_bytes(signature[32:], "little")
    if len(signature) != 64 or scalar >= ORDER:
        return False
    digest = hashlib.sha512(signature[:32] + key + message).digest()
    challenge = int.from_bytes(digest, "little") % ORDER
    try:
        left, right = times(scalar, BASE), added(point_of(signature[:32]), times(challenge, point_of(key)))
    except Refused:
        return False
    return all((left[i] * right[2] - right[i] * left[2]) % P == 0 for i in (0, 1))


def check_files(bag: Path, key: str) -> None:
    """Signature over the tag manifest, digests of the tag files, digests of the payload, and nothing else."""
    tags = (bag / "tagmanifest-sha256.txt").read_bytes()
    lines = (bag / "bag-signature.txt").read_bytes().decode("utf-8", "replace").split("\n")
    head = "\n".join(lines[:2]) + "\n"
    is_whole = len(lines) == 4 and lines[0] == "parcel-risk evidence bag 1" and lines[3] == ""
    need(is_whole and len(lines[2]) == 128 and set(lines[2]) <= set("0123456789abcdef"), "bag-signature.txt", "changed")
    need(is_signed(head.encode(), bytes.fromhex(lines[2]), bytes.fromhex(key)), "bag-signature.txt", "not by this key")
    need(lines[1] == sha256(tags), "tagmanifest-sha256.txt", "changed")
    listed = {"tagmanifest-sha256.txt", "bag-signature.txt"}
    for manifest in (tags, (bag / "manifest-sha256.txt").read_bytes()):
        for line in manifest.decode("utf-8", "replace").splitlines():
            digest, _, name = line.partition("  ")
            need((bag / name).is_file(), name, "missing")
            need(sha256((bag / name).read_bytes()) == digest, name, "changed")
            listed.add(name)
    inside = {path.relative_to(bag).as_posix(): path for path in bag.rglob("*")}
    links = sorted(name for name, path in inside.items() if path.is_symlink())
    need(not links, ", ".join(links), "a link, and what it leads to may change")
    there = {name for name, path in inside.items() if not path.is_dir() or not any(path.iterdir())}
    need(there == listed, ", ".join(sorted(there ^ listed)), "not in the manifests")


def head_of(note: str, where: str, key: str) -> Head:
    """Size and root of a checkpoint that is signed by the key."""
    body, _, signatures = note.partition("\n\n")
    signature = base64.b64decode(signatures.split("\n")[0].split(" ")[2])[4:]
    need(is_signed((body + "\n").encode(), signature, bytes.fromhex(key)), where, "checkpoint not by this key")
    lines = body.split("\n")
    return int(lines[1]), base64.b64decode(lines[2])


def check_proof(path: Path, key: str) -> tuple[Claim, Head]:
    """Entry of the audit that a C2SP tlog-proof shows to be in a checkpoint that is signed by the key; and its tree."""
    proof, _, note = path.read_text("utf-8").partition("\n\n")
    _, extra, index, *hashes = proof.split("\n")
    size, root = head_of(note, path.name, key)
    canonical = base64.b64decode(extra.split(" ")[1])
    at, last, found = int(index.split(" ")[1]), size - 1, leaf(canonical)
    for step in map(base64.b64decode, hashes):
        if at & 1 or at == last:
            found = hashlib.sha256(b"\1" + step + found).digest()
            while at and not at & 1:
                at, last = at >> 1, last >> 1
        else:
            found = hashlib.sha256(b"\1" + found + step).digest()
        at, last = at >> 1, last >> 1
    need(last == 0 and found == root, path.name, "entry is not in the checkpoint")
    return dict(json.loads(canonical)), (size, root)


def continues(before: Head, after: Head, proof: list[bytes]) -> bool:
    """Whether a tree begins with an earlier one (RFC 9162, 2.1.4.2)."""
    if before == after:
        return not proof
    steps = proof if before[0] & (before[0] - 1) else [before[1], *proof]
    if not 0 < before[0] < after[0] or not steps:
        return False
    at, last = before[0] - 1, after[0] - 1
    while at & 1:
        at, last = at >> 1, last >> 1
    old = new = steps[0]
    for step in steps[1:]:
        if at & 1 or at == last:
            old, new = hashlib.sha256(b"\1" + step + old).digest(), hashlib.sha256(b"\1" + step + new).digest()
            while at and not at & 1:
                at, last = at >> 1, last >> 1
        else:
            new = hashlib.sha256(b"\1" + new + step).digest()
        at, last = at >> 1, last >> 1
    return last == 0 and (old, new) == (before[1], after[1])


def shown(text: str, where: str, key: str) -> tuple[Head, int, list[bytes]]:
    """A signed tree, the size of an earlier one that it is said to continue, and the proof; else its own size."""
    if not text.startswith("old "):
        head = head_of(text, where, key)
        return head, head[0], []
    proof, _, note = text.partition("\n\n")
    old, *hashes = proof.split("\n")
    return head_of(note, where, key), int(old[4:]), list(map(base64.b64decode, hashes))


def check_heads(audit: Path, key: str) -> list[Head]:
    """Trees of the bag, the earlier first: when it was made, and the one of the last checkpoint before.

    None are in bags of the first versions, whose proofs alone say which tree they are of.
    """
    if not (audit / "made.checkpoint").exists():
        return []
    made = head_of((audit / "made.checkpoint").read_text("utf-8"), "made.checkpoint", key)
    if not (audit / "before.checkpoint").exists():
        return [made]
    before = head_of((audit / "before.checkpoint").read_text("utf-8"), "before.checkpoint", key)
    head, size, proof = shown((audit / "consistency.txt").read_text("utf-8"), "consistency.txt", key)
    is_shown = head == made and size == before[0] and continues(before, made, proof)
    need(is_shown, "consistency.txt", "the tree of the bag does not continue the one before")
    return [before, made]


def check_later(heads: list[Head], later: str, key: str) -> Head:
    """Largest tree of the bag that a later checkpoint of the log continues."""
    head, size, proof = shown(later, "later checkpoint", key)
    known = [one for one in heads if one == head or (one[0] == size and continues(one, head, proof))]
    why = f"does not show that it continues a tree of this bag, of {' or '.join(str(one[0]) for one in heads)} entries"
    need(known, "later checkpoint", why)
    return known[-1]


def leaf(canonical: bytes) -> bytes:
    """Hash of a leaf (RFC 6962)."""
    return hashlib.sha256(b"\0" + canonical).digest()


def check_claims(data: Path) -> tuple[dict[str, Any], int]:
    """Claims that the bag discloses, each with its salted commitment; and how many it withholds."""
    lines = [line.split(" ", 1) for line in (data / "commitments.txt").read_text("utf-8").splitlines()]
    commitments = {name: digest for digest, name in lines}
    claims = json.loads((data / "claims.json").read_text("utf-8"))
    for name, (salt, value) in claims.items():
        text = json.dumps([salt, name, value], ensure_ascii=False, separators=(",", ":"), sort_keys=True)
        need(commitments.get(name) == sha256(text.encode()), f"claim {name}", "is not the one committed to")
    return {name: value for name, (_, value) in claims.items()}, len(commitments) - len(claims)


def check_row(name: str, claim: Claim) -> None:
    """Digest of a feature row, which the answer stored when it was given."""
    row = bytearray(base64.b64decode(claim["row"]))
    if claim["learned"] is not None:
        need(len(row) >= 8 * claim["learned"] + 8, f"claim {name}", "row does not have its digest")
        struct.pack_into("<d", row, 8 * claim["learned"], float("nan"))
    need(hashlib.sha256(row).hexdigest()[:32] == claim["digest"], f"claim {name}", "row does not have its digest")


def check_draw(name: str, claim: Claim) -> None:
    """Draw of the parcel by the seed of its day, which was committed before."""
    seed = bytes.fromhex(claim["seed"])
    need(sha256(seed) == claim["commitment"], f"claim {name}", "seed is not the committed one")
    number = int.from_bytes(hmac.digest(seed, claim["text"].encode(), "sha256")[:6], "big") / 2.0**48
    need(number == claim["number"], f"claim {name}", "draw is another one")


def verify(bag: Path, key: str, later: str | None = None) -> list[str]:
    """What was checked, in words; raises `Refused` at the first thing that is wrong.

    `later` is the text of a later checkpoint of the log, with the proof that it continues a tree of the bag.
    """
    check_files(bag, key)
    claims, n_withheld = check_claims(bag / "data")
    found = [check_proof(path, key) for path in sorted((bag / "data" / "audit").glob("*.proof"))]
    heads = check_heads(bag / "data" / "audit", key) or sorted({head for _, head in found})
    need({head for _, head in found} <= set(heads), "data/audit", "an entry is in another tree than those of the bag")
    made = "commitments " + sha256((bag / "data" / "commitments.txt").read_bytes())
    need(any(one["detail"] == made for one, _ in found), "data/commitments.txt", "no entry of the audit is about it")
    rows = [name for name in claims if name.startswith("row.")]
    draws = [name for name in claims if name.startswith("draw.") and claims[name].get("seed")]
    for name in rows:
        check_row(name, claims[name])
    for name in draws:
        check_draw(name, claims[name])
    return [
        "every file is as it was signed",
        f"{len(claims)} claims are as committed to; {n_withheld} are withheld in this edition",
        f"{len(found)} entries of the audit are in a signed checkpoint, one of them commits to these claims",
        f"{len(rows)} feature rows have the digest of then; {len(draws)} draws follow from a committed seed",
        *([] if later is None else said_of_later(found, check_later(heads, later, key))),
    ]


def said_of_later(found: list[tuple[Claim, Head]], known: Head) -> list[str]:
    """What a later checkpoint says of the entries of a bag, and of which it says nothing."""
    outside = [str(one["number"]) for one, (size, _) in found if size > known[0]]
    said = [
        f"the later checkpoint continues the tree of {known[0]} entries: {len(found) - len(outside)} of them are in it"
    ]
    if outside:
        said.append(
            f"it does not show entries {', '.join(outside)}, which came after that tree: they are signed by the same "
            "key, but were perhaps written in a restored copy"
        )
    return said


if __name__ == "__main__":
    try:
        more = [Path(sys.argv[3]).read_text("utf-8")] if len(sys.argv) > 3 else []
        sys.stdout.write("\n".join([*verify(Path(sys.argv[1]), sys.argv[2], *more), ""]))
    except (Refused, OSError, ValueError, KeyError, IndexError) as error:
        sys.exit(f"refused: {error}")
