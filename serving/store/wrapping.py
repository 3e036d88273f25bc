"""How keys are wrapped: encrypted by the installation's key, under the name of what they belong to."""

from __future__ import annotations

import os
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from features.parcel.problems import StoreError

_NONCE = 12


class Wrapping:
    """Wraps keys that are kept in one file."""

    def __init__(self, key: bytes, file: Path) -> None:
        """`file` is named where a key cannot be unwrapped."""
        self._cipher, self._file = AESGCM(key), file

    def wrapped(self, name: bytes, key: bytes) -> bytes:
        """Nonce and encrypted key."""
        nonce = os.urandom(_NONCE)
        return nonce + self._cipher.encrypt(nonce, key, name)

    def unwrapped(self, name: bytes, wrapped: bytes) -> bytes:
        """The key again.

        Raises
        ------
        StoreError
            When it was wrapped by another key or under another name, or was changed.
        """
        try:
            return self._cipher.decrypt(wrapped[:_NONCE], wrapped[_NONCE:], name)
        except (InvalidTag, ValueError) as error:
            raise StoreError(
                f"a key in {self._file} cannot be unwrapped: vault.key is another one than when it was made, "
                "or the file was changed. Put the right vault.key back, or restore keys.db."
            ) from error
