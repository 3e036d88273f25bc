"""Texts of checkpoints and proofs: read as written, refused when anything of them is changed."""

from __future__ import annotations

import base64
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from features.parcel.problems import StoreError
from features.signing import new_key
from serving.tlog.checkpoints import (
    LOG,
    WITNESS,
    Checkpoint,
    cosigned,
    is_signed,
    read_checkpoint,
    signed,
    verifier_key,
    witnessed_at,
)
from serving.tlog.entries import Entry, entry_of, void
from serving.tlog.proofs import Consistency, Inclusion, read_consistency, read_inclusion
from serving.tlog.tiles import grown, nodes_of
from serving.tlog.tree import consistency_proof, inclusion_proof, root

ENTRIES = [Entry(number=n, at=n * 1_000, who="officer-7", action="viewed", first=n, last=n) for n in range(1, 12)]
AT = datetime(2026, 11, 26, 8, tzinfo=UTC)
SIGNATURE = "Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8="
PUBLISHED = f"""\
example.com/behind-the-sofa
20852163
CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=

\N{EM DASH} example.com/behind-the-sofa {SIGNATURE}
"""
"""Example of C2SP tlog-checkpoint."""


@pytest.fixture(scope="module")
def key(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    path = tmp_path_factory.mktemp("keys") / "log.pem"
    return path, new_key(path)


@pytest.fixture(scope="module")
def witness(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    path = tmp_path_factory.mktemp("keys") / "witness.pem"
    return path, new_key(path)


def nodes():  # type: ignore[no-untyped-def]
    tiles = grown(lambda *_: b"", 0, [one.leaf() for one in ENTRIES])
    return nodes_of(lambda level, number: tiles[level, number])


def checkpoint(key: tuple[Path, str], size: int = len(ENTRIES)) -> Checkpoint:
    return signed(size, root(size, nodes()), key[0])


def test_the_published_checkpoint_is_read_and_written_unchanged() -> None:
    found = read_checkpoint(PUBLISHED)
    assert (found.origin, found.size) == ("example.com/behind-the-sofa", 20852163)
    assert found.text() == PUBLISHED


def test_a_checkpoint_is_signed_by_its_log_alone(key: tuple[Path, str], witness: tuple[Path, str]) -> None:
    found = read_checkpoint(checkpoint(key).text())
    assert found == checkpoint(key)
    assert is_signed(found, key[1])
    assert not is_signed(found, witness[1])
    for other in (replace(found, size=3), replace(found, root=bytes(32)), replace(found, more=("more",))):
        assert not is_signed(other, key[1])


def test_a_witness_says_when_it_saw_the_checkpoint(key: tuple[Path, str], witness: tuple[Path, str]) -> None:
    plain = checkpoint(key)
    seen = read_checkpoint(cosigned(plain, "partner.example/w1", witness[0], AT).text())
    assert is_signed(seen, key[1])
    verifier = verifier_key("partner.example/w1", WITNESS, witness[1])
    assert witnessed_at(seen, verifier) == AT
    assert witnessed_at(plain, verifier) is None
    assert witnessed_at(replace(seen, size=3), verifier) is None
    assert witnessed_at(seen, verifier_key("another", WITNESS, witness[1])) is None
    with pytest.raises(StoreError, match="no verifier key of a witness"):
        witnessed_at(seen, verifier_key("partner.example/w1", LOG, witness[1]))
    with pytest.raises(StoreError, match="without blanks"):
        cosigned(plain, "partner one", witness[0], AT)


@pytest.mark.parametrize(
    "text",
    [
        "",
        PUBLISHED[:-1],
        PUBLISHED.replace("20852163", "020852163"),
        PUBLISHED.replace("20852163", "-1"),
        PUBLISHED.replace("2I=", "2J="),
        PUBLISHED.replace("CsUY", "C sUY"),
        PUBLISHED.replace("\n\n", "\n"),
        PUBLISHED.replace("\N{EM DASH}", "-"),
        PUBLISHED.split("\n\n")[0] + "\n\n",
    ],
)
def test_what_is_no_checkpoint_is_refused(text: str) -> None:
    with pytest.raises(StoreError, match=r"note.txt is no checkpoint: .* Give one as"):
        read_checkpoint(text, "note.txt")


def test_an_entry_is_read_back_from_its_canonical_bytes_and_from_no_others() -> None:
    entry = Entry(number=7, at=1, who="Zoë", action="custody", detail="EX00000001")
    assert entry_of(entry.canonical()) == entry
    assert (
        entry.canonical()
        == (
            '{"action":"custody","at":1,"detail":"EX00000001","first":null,"last":null,"number":7,"version":1,"who":"Zoë"}'
        ).encode()
    )
    assert void(3).is_void
    assert not entry.is_void
    said = entry.canonical()
    for wrong in (b"", b"[]", b"{}", said + b" ", said.replace(b":1,", b":2,"), said.replace(b":7", b':"7"')):
        with pytest.raises(StoreError, match="entry"):
            entry_of(wrong)


def test_a_proof_holds_for_its_entry_and_no_other(key: tuple[Path, str]) -> None:
    size = len(ENTRIES)
    hashes = tuple(inclusion_proof(4, size, nodes()))
    proof = Inclusion(entry=ENTRIES[4], hashes=hashes, checkpoint=checkpoint(key))
    found = read_inclusion(proof.text(), "it")
    assert found == proof
    assert found.holds
    assert not replace(found, entry=replace(ENTRIES[4], who="officer-8")).holds
    assert not replace(found, hashes=hashes[:-1]).holds
    assert not replace(found, checkpoint=checkpoint(key, 8)).holds
    extra = base64.b64encode(ENTRIES[5].canonical()).decode()
    mine = base64.b64encode(ENTRIES[4].canonical()).decode()
    with pytest.raises(StoreError, match="another entry"):
        read_inclusion(proof.text().replace(mine, extra), "it")
    for wrong in (proof.text().replace("@v1", "@v2"), proof.text().replace("index 4", "index x"), PUBLISHED):
        with pytest.raises(StoreError, match="it is no proof"):
            read_inclusion(wrong, "it")


def test_a_checkpoint_shows_that_it_continues_the_one_before(key: tuple[Path, str]) -> None:
    hashes = tuple(consistency_proof(5, len(ENTRIES), nodes()))
    later = Consistency(before=5, hashes=hashes, checkpoint=checkpoint(key))
    found = read_consistency(later.text(), "it")
    assert found == later
    assert found.continues(checkpoint(key, 5))
    assert not found.continues(checkpoint(key, 4))
    assert not found.continues(replace(checkpoint(key, 5), root=bytes(32)))
    assert not found.continues(replace(checkpoint(key, 5), origin="another"))
    with pytest.raises(StoreError, match="it is no checkpoint with a proof"):
        read_consistency(PUBLISHED, "it")
