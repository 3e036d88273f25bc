"""Brings the catalogues up to date with the source: ``python -m tests.languages.make``.

Messages that are new are added without a translation, which a test then asks for; those that are no more are left out.
"""

from __future__ import annotations

import io

from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po, write_po

from tests.languages.messages import Message, messages

PLURALS = {
    "de": "nplurals=2; plural=(n != 1);",
    "fr": "nplurals=2; plural=(n > 1);",
    "pl": "nplurals=3; plural=(n==1 ? 0 : n%10>=2 && n%10<=4 && (n%100<12 || n%100>14) ? 1 : 2);",
}
"""Languages, and which form of a message each of their numbers takes."""


def main() -> None:
    """Write every catalogue."""
    for folder, known in messages().items():
        for code in PLURALS:
            file = folder / f"{code}.po"
            before = file.read_bytes() if file.exists() else header(code)
            file.write_bytes(written(code, known, read_po(io.BytesIO(before))))


def header(code: str) -> bytes:
    """What a catalogue begins with."""
    lines = (f"Language: {code}", "Content-Type: text/plain; charset=utf-8", f"Plural-Forms: {PLURALS[code]}")
    return "\n".join(['msgid ""', 'msgstr ""', *(f'"{line}\\n"' for line in lines), "", ""]).encode()


def written(code: str, known: dict[str, Message], before: Catalog) -> bytes:
    """Catalogue of the messages that are known, with the translations of the one before."""
    catalog = read_po(io.BytesIO(header(code)))
    for _, one in sorted(known.items()):
        context = one.context or None
        old = before.get(one.message, context=context)
        string = old.string if old is not None else ""
        if one.many or not isinstance(string, str):
            forms = ("",) * catalog.num_plurals if isinstance(string, str) else string
            catalog.add((one.message, one.many or one.message), forms, context=context)
        else:
            catalog.add(one.message, string, context=context)
    file = io.BytesIO()
    write_po(file, catalog, width=0, omit_header=True, no_location=True)
    return header(code) + file.getvalue()


if __name__ == "__main__":
    main()
