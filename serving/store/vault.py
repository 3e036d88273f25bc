"""The vault: personal data sealed under one key per parcel; no backup of the database holds these keys.

Each subject (a parcel, a row in quarantine) has a random key of 256 bits. The keys are stored in a file of their own,
``keys.db``, each wrapped by the installation's key; the database holds only what they seal. Whoever deletes one key
has erased one person's data in every copy of the database there is, and nothing else. An erasure is remembered in both
files, so that a restored copy of either does not undo it (see `serving.store.erasure`).

The key store knows a subject by a keyed digest, so that neither file gives identifiers away. Wrapping uses random
nonces of 96 bits under one key, which is sound for some four thousand million keys; `Vault.rewrap` begins anew.
"""

from __future__ import annotations

import hmac
import json
import os
import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from features.parcel.problems import StoreError
from serving.store.flushing import Flush, Flushing
from serving.store.keystore import Keys, KeyStore
from serving.store.wrapping import Wrapping

_NONCE = 12
_HANDLE = 16
"""Bytes of a subject's digest: 128 bits, so that two subjects do not meet."""
_SUBJECT_KEY = "subject key"


@dataclass(frozen=True, kw_only=True)
class Ciphers:
    """Ciphers of subjects, by handle; what they seal may be stored once their keys are durable.

    `handles` are those of the subjects, as far as they were worked out before.
    """

    by_handle: Mapping[bytes, AESGCM]
    handles: Mapping[str, bytes] = field(default_factory=dict)
    durable: Flush | None = None


@dataclass(frozen=True, kw_only=True)
class Content:
    """What is to be sealed: `data` can be written as JSON; `context` is authenticated with it."""

    subject: str
    data: Any
    context: str


class Vault:
    """Seals and unseals. Safe to use from several threads; close it, or use it in a ``with`` statement."""

    def __init__(self, keys: KeyStore, wrapping_key: bytes, spool_key: bytes) -> None:
        """See `open`."""
        self._keys = keys
        self._wrapping = Wrapping(wrapping_key, keys.path)
        self._spool_key = spool_key
        self._lock = threading.RLock()
        self._flushing = Flushing(keys.flush)
        self._subject_key = _own_key(keys, self._wrapping)

    @classmethod
    def open(cls, folder: Path, *, wrapping_key: bytes, spool_key: bytes) -> Vault:
        """Open the key store in `folder`, making it when there is none.

        Raises
        ------
        StoreError
            When it is damaged, or was made under another wrapping key.
        """
        keys = KeyStore(folder / "keys.db")
        try:
            return cls(keys, wrapping_key, spool_key)
        except BaseException:
            keys.close()
            raise

    def handle(self, subject: str) -> bytes:
        """Keyed digest by which the key store and the database know `subject`."""
        return hmac.digest(self._subject_key, subject.encode("utf-8", "surrogatepass"), "sha256")[:_HANDLE]

    def seal(self, subject: str, data: Any, context: str) -> dict[str, bytes]:
        """Columns ``subject``, ``nonce`` and ``sealed`` of `data`, which can be written as JSON."""
        return self.seal_many([Content(subject=subject, data=data, context=context)])[0]

    def seal_many(self, contents: Iterable[Content], ciphers: Ciphers | None = None) -> list[dict[str, bytes]]:
        """Seal in order; keys that are missing are durable before this returns.

        A key whose row is never stored is harmless. What belongs to an erased subject is sealed under a key that
        nobody keeps: it cannot come back.

        Parameters
        ----------
        ciphers:
            What `begin` has found for the same subjects.
        """
        known = {} if ciphers is None else ciphers.handles
        given = [(known.get(content.subject) or self.handle(content.subject), content) for content in contents]
        if not given:
            return []
        found = self._ciphers([handle for handle, _ in given]) if ciphers is None else ciphers
        sealed = [_sealed(handle, found.by_handle[handle], content) for handle, content in given]
        if found.durable is not None:
            found.durable.wait()
        return sealed

    def begin(self, subjects: Iterable[str]) -> Ciphers:
        """Find keys, or make them; the disk is waited for while the caller does something else.

        Two files are synced for a commit, and one would not do: keys in the database could not be erased from its
        backups, and a key that is durable behind the row that it seals may be lost with the power, and the row with it.
        """
        handles = {subject: self.handle(subject) for subject in subjects}
        return self._ciphers(list(handles.values()), handles)

    def _ciphers(self, handles: list[bytes], by_subject: Mapping[str, bytes] | None = None) -> Ciphers:
        if not handles:
            return Ciphers(by_handle={})
        with self._lock, self._keys.begin(flushed=False) as keys:
            ciphers, made = _known_or_made(handles, keys, self._wrapping)
            keys.add(made)
        # Also for keys that somebody else has made just now.
        durable = None if self._keys.is_flushed else self._flushing.begin()
        return Ciphers(by_handle=ciphers, handles=by_subject or {}, durable=durable)

    def unseal(self, handle: bytes, nonce: bytes, sealed: bytes, context: str, *, masked_too: bool = False) -> Any:
        """Content that was sealed for the same context; None when its subject was erased, or is masked.

        `masked_too` reads what is masked: for whoever has a purpose that the audit notes.

        Raises
        ------
        StoreError
            When it was changed or moved, or the key store is older than the database.
        """
        with self._lock, self._keys.begin_read() as keys:
            found = keys.readable(handle)
            if found is None:
                _refuse_unknown(keys, handle, context)
                return None
        wrapped, is_masked = found
        if is_masked and not masked_too:
            return None
        return _opened(self._wrapping.unwrapped(handle, wrapped), nonce, sealed, context)

    def erase(self, handles: Iterable[bytes], *, at_us: int) -> None:
        """Delete keys for ever, and remember it; what they sealed is gone in every copy of the database."""
        with self._lock:
            with self._keys.begin() as keys:
                keys.erase(list(handles), at_us)
            self._keys.forget_deleted()

    def mask(self, handles: Iterable[bytes], *, at_us: int | None) -> None:
        """Show what is sealed for subjects to nobody who does not ask for masked content; None for `at_us` unmasks."""
        with self._lock, self._keys.begin() as keys:
            keys.mask(list(handles), at_us)

    def masked(self, handles: Iterable[bytes]) -> set[bytes]:
        """Those of the subjects that are masked."""
        with self._lock, self._keys.begin_read() as keys:
            return keys.masked(list(handles))

    def erasures(self) -> dict[bytes, int]:
        """Erased subjects, and when."""
        with self._lock, self._keys.begin_read() as keys:
            return keys.erasures()

    def sweep(self, used: Iterator[Sequence[bytes]]) -> int:
        """Delete keys that nothing in the database uses; return how many. No transaction may be under way."""
        with self._lock:
            with self._keys.begin() as keys:
                n_swept = keys.delete_unused(used)
            self._keys.forget_deleted()
            return n_swept

    def rewrap(self, new_key: bytes) -> None:
        """Wrap every key by another wrapping key, all or none of them."""
        new = Wrapping(new_key, self._keys.path)
        with self._lock:
            with self._keys.begin() as keys:
                keys.rewrap(lambda handle, wrapped: new.wrapped(handle, self._wrapping.unwrapped(handle, wrapped)))
                keys.put_own(_SUBJECT_KEY, new.wrapped(_SUBJECT_KEY.encode(), self._subject_key))
            self._wrapping = new
            self._keys.forget_deleted()

    def file_key(self, name: str) -> bytes:
        """Key of the spooled file `name`; it is derived, so that nothing need be kept for it."""
        return HKDF(SHA256(), 32, salt=None, info=b"spooled file\x1f" + name.encode()).derive(self._spool_key)

    def close(self) -> None:
        """Close the key store."""
        self._flushing.close()
        self._keys.close()

    def __enter__(self) -> Vault:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _own_key(keys: KeyStore, wrapping: Wrapping) -> bytes:
    """Key of the subjects' digests; that it can be unwrapped proves that the wrapping key is the right one."""
    with keys.begin() as own:
        wrapped = own.own(_SUBJECT_KEY)
        if wrapped is not None:
            return wrapping.unwrapped(_SUBJECT_KEY.encode(), wrapped)
        key = os.urandom(32)
        own.put_own(_SUBJECT_KEY, wrapping.wrapped(_SUBJECT_KEY.encode(), key))
        return key


def _known_or_made(
    handles: Sequence[bytes], keys: Keys, wrapping: Wrapping
) -> tuple[dict[bytes, AESGCM], list[tuple[bytes, bytes]]]:
    """Ciphers of all subjects, and the wrapped keys of those that had none; an erased subject's key is not kept."""
    ciphers: dict[bytes, AESGCM] = {}
    made: list[tuple[bytes, bytes]] = []
    wrapped, gone = keys.known(handles)
    for handle in dict.fromkeys(handles):
        if handle in wrapped:
            ciphers[handle] = AESGCM(wrapping.unwrapped(handle, wrapped[handle]))
            continue
        key = os.urandom(32)
        ciphers[handle] = AESGCM(key)
        if handle not in gone:
            made.append((handle, wrapping.wrapped(handle, key)))
    return ciphers, made


def _refuse_unknown(keys: Keys, handle: bytes, context: str) -> None:
    """Refuse a subject that has no key and was not erased."""
    if not keys.erased([handle]):
        raise StoreError(
            f"the vault holds no key for a row of the store ({context.split('|')[0]}): its keys.db is older "
            "than the database. Put the newest copy of keys.db back."
        )


def _opened(key: bytes, nonce: bytes, sealed: bytes, context: str) -> Any:
    try:
        return json.loads(AESGCM(key).decrypt(nonce, sealed, context.encode()))
    except InvalidTag as error:
        raise StoreError(
            f"a sealed row of the store ({context.split('|')[0]}) was changed or belongs elsewhere. "
            "Restore the database from a backup."
        ) from error


_JSON = json.JSONEncoder(ensure_ascii=False, default=str)


def _sealed(handle: bytes, cipher: AESGCM, content: Content) -> dict[str, bytes]:
    nonce = os.urandom(_NONCE)
    text = _JSON.encode(content.data).encode("utf-8", "replace")
    return {"subject": handle, "nonce": nonce, "sealed": cipher.encrypt(nonce, text, content.context.encode())}
