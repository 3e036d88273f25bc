"""Message catalogues: files of the form that translators use (``.po``), read once into a table."""

from __future__ import annotations

import gettext
import io
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib.resources.abc import Traversable

from babel.messages.pofile import read_po

BETWEEN = "\x04"
"""What stands between a context and its message in a key, as in gettext."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Messages:
    """Translations of messages into one language.

    Attributes
    ----------
    forms:
        Forms of each message, by the message, or by context and message: one, or one for each number that the language
        tells apart.
    form_of:
        Which of them a number takes.
    """

    forms: Mapping[str, tuple[str, ...]]
    form_of: Callable[[int], int] = lambda n: 0 if n == 1 else 1

    @classmethod
    def parse(cls, content: bytes) -> Messages:
        """Read a file; messages that have no translation, or a doubtful one, are left out."""
        catalog = read_po(io.BytesIO(content))
        found: dict[str, tuple[str, ...]] = {}
        for one in catalog:
            message = one.id if isinstance(one.id, str) else one.id[0]
            forms = (one.string,) if isinstance(one.string, str) else tuple(one.string or ())
            if message and all(forms) and not one.fuzzy:
                found[keyed(one.context, message)] = forms
        return cls(forms=found, form_of=gettext.c2py(catalog.plural_expr))

    def with_others(self, others: Messages) -> Messages:
        """These and others of the same language."""
        return Messages(forms={**self.forms, **others.forms}, form_of=self.form_of)

    def get(self, message: str, n: int | None = None, context: str = "") -> str | None:
        """Translation of a message, in the form that `n` takes; None where there is none."""
        forms = self.forms.get(keyed(context, message))
        if forms is None:
            return None
        return forms[min(self.form_of(n), len(forms) - 1)] if n is not None else forms[-1]


def keyed(context: str | None, message: str) -> str:
    """Key of a message."""
    return f"{context}{BETWEEN}{message}" if context else message


def messages_in(folder: Traversable, code: str) -> Messages:
    """Catalogue of a language in a folder; an empty one where there is none."""
    file = folder.joinpath(f"{code}.po")
    return Messages.parse(file.read_bytes()) if file.is_file() else Messages(forms={})
