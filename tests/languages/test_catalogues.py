"""The catalogues: each language says every message of the source, with its values, and nothing else."""

from __future__ import annotations

import io
from itertools import product
from pathlib import Path
from string import Formatter

import pytest
from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po

from features.messages import languages
from features.messages.catalogue import keyed
from tests.languages.make import PLURALS, header, written
from tests.languages.messages import FEATURES, PAGES, Message, messages

FILES = list(product((FEATURES, PAGES), PLURALS))
IDS = [f"{folder.parent.name}-{code}" for folder, code in FILES]


def read(folder: Path, code: str) -> Catalog:
    return read_po(io.BytesIO((folder / f"{code}.po").read_bytes()))


def forms_of(catalog: Catalog) -> dict[str, tuple[str, ...]]:
    return {
        keyed(one.context, one.id if isinstance(one.id, str) else one.id[0]): (
            (one.string,) if isinstance(one.string, str) else tuple(one.string)
        )
        for one in catalog
        if one.id
    }


def values_of(message: str) -> set[tuple[str, str]]:
    """Names of the values of a message, with their forms; a case of a noun is the same noun."""
    return {(name.partition(".")[0], form or "") for _, name, form, _ in Formatter().parse(message) if name}


def test_german_french_and_polish_are_there() -> None:
    assert languages() == ("en", "de", "fr", "pl")


@pytest.mark.parametrize(("folder", "code"), FILES, ids=IDS)
def test_a_catalogue_has_every_message_and_no_other(folder: Path, code: str) -> None:
    catalog = read(folder, code)
    found = forms_of(catalog)
    assert found.keys() == messages()[folder].keys()
    assert not [key for key, forms in found.items() if not all(form.strip() for form in forms)]
    assert not [one.id for one in catalog if one.fuzzy and one.id]


@pytest.mark.parametrize(("folder", "code"), FILES, ids=IDS)
def test_a_translation_has_the_values_of_its_message_and_as_many_forms_as_its_language(folder: Path, code: str) -> None:
    catalog, known = read(folder, code), messages()[folder]
    for key, forms in forms_of(catalog).items():
        one: Message = known[key]
        may_count = bool(one.many) or one.may_count
        assert len(forms) == catalog.num_plurals if one.many else len(forms) in (1, catalog.num_plurals * may_count), (
            key
        )
        wanted = values_of(one.many or one.message)
        for number, form in enumerate(forms):
            given = values_of(form) | ({("n", "")} & wanted if number == 0 and len(forms) > 1 else set())
            assert given == wanted, f"{key!r}: {form!r}"


@pytest.mark.parametrize(("folder", "code"), FILES, ids=IDS)
def test_a_translation_ends_like_its_message(folder: Path, code: str) -> None:
    for key, forms in forms_of(read(folder, code)).items():
        end = key[-1] if key[-1] in ".:" else ""
        assert all(form.endswith(end) and (end or form[-1] not in ".:") for form in forms), key


@pytest.mark.parametrize(("folder", "code"), FILES, ids=IDS)
def test_the_files_are_as_the_command_writes_them(folder: Path, code: str) -> None:
    file = folder / f"{code}.po"
    assert file.read_bytes() == written(code, messages()[folder], read(folder, code))
    assert file.read_bytes().startswith(header(code))
