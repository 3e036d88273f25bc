"""Every format adapter there is: the modules of `features.sources.formats`, and the mappings that come with them."""

from __future__ import annotations

import pkgutil
import tomllib
from dataclasses import replace
from functools import cache
from importlib import import_module
from importlib.resources import files
from pathlib import Path
from typing import BinaryIO

import features.sources.formats as package
from features.parcel.problems import MappingError, SourceError
from features.parcel.reference import Reference
from features.sources.adapter import Adapter
from features.sources.columns.mapping import Mapping
from features.sources.formats.csv import Csv
from features.sources.formats.mapped import Mapped
from features.sources.formats.xlsx import Xlsx
from features.sources.syntax.identify import SYNTAXES, edifact_message, syntax_of
from features.sources.unmapped import Unmapped

_HEAD_BYTES = 4096
_GENERAL = ("ndjson",)
"""Formats that recognise every document of their syntax."""


@cache
def adapters() -> dict[str, Adapter]:
    """Every adapter by name. A module offers its adapters in ``ADAPTERS``."""
    modules = [import_module(f"{package.__name__}.{found.name}") for found in pkgutil.iter_modules(package.__path__)]
    found: list[Adapter] = [adapter for module in modules for adapter in getattr(module, "ADAPTERS", ())]
    return {adapter.name: adapter for adapter in sorted(found, key=lambda adapter: adapter.name)}


@cache
def shipped() -> dict[str, Mapped]:
    """Formats that are read through a mapping that comes with this version, by name."""
    folder = files("features").joinpath("sources", "mappings")
    texts = {one.name: one.read_text("utf-8") for one in folder.iterdir() if one.name.endswith(".toml")}
    mappings = [Mapping.from_document(tomllib.loads(texts[name]), name) for name in sorted(texts)]
    return {mapping.name: Mapped(mapping) for mapping in mappings}


def mapping_named(name: str) -> Mapping:
    """Mapping of a file, or one that comes with this version by its name.

    Raises
    ------
    MappingError
        When there is neither.
    """
    if name in shipped():
        return shipped()[name].mapping
    path = Path(name)
    if not path.is_file() and path.suffix != ".toml":
        raise MappingError(f"{name}: there is no such mapping. Give a file, or one of: {', '.join(shipped())}.")
    return Mapping.from_toml(path)


def _all() -> dict[str, Adapter]:
    return {**adapters(), **shipped(), **{kind: Unmapped(kind) for kind in SYNTAXES}}


def adapter_named(name: str) -> Adapter:
    """Adapter of this name.

    Raises
    ------
    SourceError
        When there is none.
    """
    if name not in _all():
        raise SourceError(f"there is no format {name!r}. Known: {', '.join(_all())}.")
    return _all()[name]


def in_encoding(adapter: Adapter, encoding: str | None) -> Adapter:
    """The adapter for files in an encoding that is stated, which goes before any guess.

    Formats that say themselves how they are encoded stay as they are.
    """
    if encoding is not None and isinstance(adapter, Csv):
        return Csv(encoding=encoding)
    if encoding is not None and isinstance(adapter, Mapped):
        return Mapped(replace(adapter.mapping, encoding=encoding))
    return adapter


def in_currencies(adapter: Adapter, reference: Reference) -> Adapter:
    """The adapter for headers that name currencies of the reference data in force, as in ``value_usd``."""
    return adapter.knowing(frozenset(reference.currencies)) if isinstance(adapter, Csv | Xlsx) else adapter


def adapter_for_media_type(media_type: str) -> Adapter | None:
    """Adapter that reads this content type; parameters such as ``charset`` are not looked at."""
    wanted = media_type.split(";")[0].strip().lower()
    return next((adapter for adapter in _all().values() if adapter.media_type == wanted), None)


def recognise(name: str, head: bytes) -> Adapter:
    """Adapter for a file, by its content and, among those that fit, by the ending of its name.

    Raises
    ------
    SourceError
        When nothing recognises it.
    """
    fitting = [adapter for adapter in adapters().values() if adapter.recognises(head)]
    mapped = [adapter for adapter in shipped().values() if adapter.recognises(head)]
    if mapped and all(adapter.name in _GENERAL for adapter in fitting):
        return mapped[0]
    if not fitting and (message := edifact_message(head)):
        raise SourceError(
            f"this is {' '.join(message)}, an EDIFACT message, which no format reads. `parcel-risk map FILE` proposes "
            "a mapping for it, which --mapping then uses."
        )
    if not fitting and (kind := syntax_of(head)):
        return Unmapped(kind)
    if not fitting:
        raise SourceError(f"the file is none of the known formats: {', '.join(_all())}.")
    return next((adapter for adapter in fitting if name.lower().endswith(adapter.suffix)), fitting[0])


def recognise_file(name: str, file: BinaryIO) -> Adapter:
    """Adapter for an opened file, which is left at its beginning."""
    head = file.read(_HEAD_BYTES)
    file.seek(0)
    return recognise(name, head)
