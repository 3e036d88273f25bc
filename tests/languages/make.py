"""Brings the catalogues up to date with the source: ``python -m tests.languages.make``.

Messages that are new are added without a translation, which a test then asks for; those that are no more are left out.
"""

from __future__ import annotations

import io
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po, write_po

from tests.languages.messages import Message, messages

CODES = ("de", "fr", "pl")


def main() -> None:
    """Write every catalogue."""
    for folder, known in messages().items():
        for code in CODES:
            file = folder / f"{code}.po"
            file.write_bytes(_written(code, known, _read(file, code)))


def _read(file: Path, code: str) -> Catalog:
    return read_po(io.BytesIO(file.read_bytes()), locale=code) if file.exists() else Catalog(locale=code)


def _written(code: str, known: dict[str, Message], before: Catalog) -> bytes:
    catalog = Catalog(locale=code, fuzzy=False)
    for _, one in sorted(known.items()):
        old = before.get(one.message, context=one.context or None)
        string = old.string if old is not None else ""
        is_counted = one.many or not isinstance(string, str)
        number = (one.message, one.many or one.message) if is_counted else one.message
        catalog.add(
            number, string or ("",) * (catalog.num_plurals if is_counted else 0) or "", context=one.context or None
        )
    file = io.BytesIO()
    write_po(file, catalog, width=0, omit_header=True, no_location=True)
    header = f'msgid ""\nmsgstr ""\n"Language: {code}\\n"\n"Content-Type: text/plain; charset=utf-8\\n"\n'
    header += f'"Plural-Forms: {catalog.plural_forms}\\n"\n\n'
    return header.encode() + file.getvalue()


if __name__ == "__main__":
    main()
