"""Typologies between offices: one file that people can read, with the signature of whoever vouches for it at its end.

What is signed is the text of the typology, byte for byte, so that nothing depends on how YAML is written.
"""

from __future__ import annotations

import hashlib
from pathlib import Path

import yaml

from features.parcel.problems import BundleError
from features.signing import TYPOLOGY, Signature, sign, verify
from policy.rules import RuleError
from policy.typologies.documents import MOST_BYTES, typology_of, written
from policy.typologies.typology import Typology

_BETWEEN = "---\n# Signature over everything above.\n"


def signed(one: Typology, *, name: str, key: Path, signed_at: str) -> str:
    """A typology with the signature of `name` by the private key in the file `key`."""
    text = written(one)
    signature = sign(_digest(text), name=name, key=key, signed_at=signed_at, purpose=TYPOLOGY)
    return text + _BETWEEN + str(yaml.safe_dump(signature.as_dict(), sort_keys=False))


def opened(text: str, *, trusted: frozenset[str]) -> tuple[Typology, Signature]:
    """A typology whose signature is genuine, and by one of the `trusted` public keys (hex).

    Raises
    ------
    RuleError
        When it is not, or is no typology.
    """
    body, between, end = text.partition(_BETWEEN)
    if not between or len(text) > 2 * MOST_BYTES:
        raise RuleError("the file is not signed. `parcel-risk typology export` signs one.")
    try:
        signature = Signature(**yaml.safe_load(end))
        verify(signature, trusted=trusted, purpose=TYPOLOGY)
    except (yaml.YAMLError, TypeError) as error:
        raise RuleError("the signature cannot be read. Ask for the file again.") from error
    except BundleError as error:
        raise RuleError(f"the typology is {error}") from error
    if signature.digest != _digest(body):
        raise RuleError("the typology was changed after it was signed. Ask for the file again.")
    return typology_of(body), signature


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
