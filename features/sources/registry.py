"""Every format adapter there is, found by looking through the modules of `features.sources.formats`."""

from __future__ import annotations

import pkgutil
from functools import cache
from importlib import import_module
from typing import BinaryIO

import features.sources.formats as package
from features.parcel.problems import SourceError
from features.sources.adapter import Adapter

_HEAD_BYTES = 4096


@cache
def adapters() -> dict[str, Adapter]:
    """Every adapter by name. A module offers its adapters in ``ADAPTERS``."""
    modules = [import_module(f"{package.__name__}.{found.name}") for found in pkgutil.iter_modules(package.__path__)]
    found: list[Adapter] = [adapter for module in modules for adapter in getattr(module, "ADAPTERS", ())]
    return {adapter.name: adapter for adapter in sorted(found, key=lambda adapter: adapter.name)}


def adapter_named(name: str) -> Adapter:
    """Adapter of this name.

    Raises
    ------
    SourceError
        When there is none.
    """
    if name not in adapters():
        raise SourceError(f"there is no format {name!r}. Known: {', '.join(adapters())}.")
    return adapters()[name]


def adapter_for_media_type(media_type: str) -> Adapter | None:
    """Adapter that reads this content type; parameters such as ``charset`` are not looked at."""
    wanted = media_type.split(";")[0].strip().lower()
    return next((adapter for adapter in adapters().values() if adapter.media_type == wanted), None)


def recognise(name: str, head: bytes) -> Adapter:
    """Adapter for a file, by its content and, among those that fit, by the ending of its name.

    Raises
    ------
    SourceError
        When nothing recognises it.
    """
    fitting = [adapter for adapter in adapters().values() if adapter.recognises(head)]
    if not fitting:
        raise SourceError(f"the file is none of the known formats: {', '.join(adapters())}.")
    return next((adapter for adapter in fitting if name.lower().endswith(adapter.suffix)), fitting[0])


def recognise_file(name: str, file: BinaryIO) -> Adapter:
    """Adapter for an opened file, which is left at its beginning."""
    head = file.read(_HEAD_BYTES)
    file.seek(0)
    return recognise(name, head)
