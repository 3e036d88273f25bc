"""Formats in which clients lodge files: those of the program, and mappings that the office keeps in a folder.

A format is named as jobs keep it: its name, and behind a slash the encoding that the client stated, as in
``csv/cp1251``.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from features.parcel.problems import SourceError
from features.sources import Adapter
from features.sources.columns.mapping import Mapping
from features.sources.formats.mapped import Mapped
from features.sources.registry import adapter_named, in_encoding
from features.sources.syntax.encodings import python_name

MOST_CHARACTERS = 20
"""Of a format and its encoding."""


@dataclass(frozen=True, kw_only=True)
class Formats:
    """Formats of an installation.

    Attributes
    ----------
    folder:
        Of the office's mappings, ``NAME.toml`` each; None where there are none.
    """

    folder: Path | None = None

    def mapping(self, name: str) -> Adapter:
        """Format that a mapping of the office describes.

        Raises
        ------
        SourceError
            When there is no such mapping.
        MappingError
            When it contradicts itself.
        """
        known = self._mappings()
        if name not in known:
            raise SourceError(f"the office keeps no such mapping. It keeps: {', '.join(sorted(known)) or 'none'}.")
        return Mapped(Mapping.from_toml(known[name]))

    def named(self, name: str) -> Adapter:
        """Format by its name, with an encoding where one is named.

        Raises
        ------
        SourceError
            When there is none.
        """
        bare, _, encoding = name.partition("/")
        adapter = self.mapping(bare) if bare in self._mappings() else adapter_named(bare)
        return in_encoding(adapter, encoding or None)

    def _mappings(self) -> dict[str, Path]:
        return {path.stem: path for path in self.folder.glob("*.toml")} if self.folder is not None else {}


def name_of(name: str, encoding: str | None) -> str:
    """Name under which a job keeps a format.

    Raises
    ------
    SourceError
        When there is no such encoding, or the name is too long.
    """
    whole = name if encoding is None else f"{name}/{python_name(encoding)}"
    if len(whole) > MOST_CHARACTERS:
        raise SourceError(f"the format {whole} has more than {MOST_CHARACTERS} characters. Shorten the mapping's name.")
    return whole
