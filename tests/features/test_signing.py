from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from features.parcel.problems import BundleError
from features.signing import Signature, new_key, public_key_of, sign, verify, write_secret

PEM, PKCS8 = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8


def signature_of(key: Path) -> Signature:
    return sign("0" * 64, name="A. Approver", key=key, signed_at="2026-11-02T08:15:00+00:00")


def test_a_signature_made_with_a_trusted_key_is_accepted(key: Path):
    signature = signature_of(key)
    verify(signature, trusted=frozenset({public_key_of(key)}))
    assert signature.public_key == public_key_of(key)
    assert signature.name == "A. Approver"


def test_a_key_that_is_not_trusted_is_refused_with_the_name_it_claims(key: Path, tmp_path: Path):
    other = new_key(tmp_path / "other.pem")
    for trusted in (frozenset({other}), frozenset()):
        with pytest.raises(BundleError, match=r"signed by 'A\. Approver' with a key that is not trusted here"):
            verify(signature_of(key), trusted=trusted)


@pytest.mark.parametrize(
    "change",
    [
        {"name": "B. Boss"},
        {"signed_at": "2027-01-01T00:00:00+00:00"},
        {"digest": "1" * 64},
        {"signature": "00" * 64},
        {"signature": "not hex"},
        {"signature": ""},
    ],
)
def test_a_signature_in_which_anything_was_changed_is_refused(key: Path, change: dict[str, str]):
    with pytest.raises(BundleError, match="the signature does not match"):
        verify(replace(signature_of(key), **change), trusted=frozenset({public_key_of(key)}))


def test_another_key_cannot_borrow_a_trusted_public_key(key: Path, tmp_path: Path):
    new_key(tmp_path / "other.pem")
    borrowed = replace(signature_of(tmp_path / "other.pem"), public_key=public_key_of(key))
    with pytest.raises(BundleError, match="the signature does not match"):
        verify(borrowed, trusted=frozenset({public_key_of(key)}))


def test_a_new_key_is_readable_by_its_owner_only_and_gives_its_public_half(tmp_path: Path):
    public = new_key(tmp_path / "deep" / "key.pem")
    path = tmp_path / "deep" / "key.pem"
    assert path.stat().st_mode & 0o777 == 0o600
    assert public == public_key_of(path)
    assert len(bytes.fromhex(public)) == 32


def test_a_secret_is_never_overwritten(tmp_path: Path):
    write_secret(tmp_path / "secret", b"first")
    with pytest.raises(FileExistsError):
        write_secret(tmp_path / "secret", b"second")
    assert (tmp_path / "secret").read_bytes() == b"first"


def test_a_file_that_is_no_private_key_is_refused(tmp_path: Path):
    (tmp_path / "key.pem").write_text("hello", "utf-8")
    for path in (tmp_path / "key.pem", tmp_path / "nothing.pem"):
        with pytest.raises(BundleError, match="not readable as a private key"):
            public_key_of(path)


def test_an_encrypted_key_and_one_of_another_kind_are_refused(tmp_path: Path):
    locked = Ed25519PrivateKey.generate().private_bytes(PEM, PKCS8, serialization.BestAvailableEncryption(b"word"))
    (tmp_path / "locked.pem").write_bytes(locked)
    with pytest.raises(BundleError, match="not readable as a private key"):
        public_key_of(tmp_path / "locked.pem")
    curve = generate_private_key(SECP256R1()).private_bytes(PEM, PKCS8, serialization.NoEncryption())
    (tmp_path / "curve.pem").write_bytes(curve)
    with pytest.raises(BundleError, match="not an ed25519 key"):
        public_key_of(tmp_path / "curve.pem")
