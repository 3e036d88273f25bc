"""The messages of the source: what a catalogue of each folder must have."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

from jinja2 import Environment
from jinja2.nodes import Call, Const, Name

from features.catalogue import catalogue
from features.declared.declare import Kind
from features.history import ENTITIES
from features.messages.catalogue import keyed
from features.messages.language import LABEL, NOUN, OTHERS
from features.messages.sentences import FRAMES, WORD_SAID
from features.parcel.reference import shipped_reference
from features.parcel.rules import flag_words
from features.text import capital
from serving.office.practice import practice_parcels

ROOT = Path(__file__).resolve().parents[2]
FEATURES, PAGES = ROOT / "features" / "messages", ROOT / "serving" / "pages" / "catalogues"
TEMPLATES = ROOT / "serving" / "pages" / "templates"
_IMPORT = "from features.text import"
_ONE, _COUNTED = {"text", "_"}, {"counted", "_n"}


@dataclass(frozen=True, kw_only=True)
class Message:
    """A message of the source.

    Attributes
    ----------
    many:
        What it says of more than one; empty where it has no number.
    may_count:
        Whether a language may have forms of it for numbers, though English makes them itself.
    """

    message: str
    many: str = ""
    context: str = ""
    may_count: bool = False

    @property
    def key(self) -> str:
        """What a catalogue knows it by."""
        return keyed(self.context, self.message)


def messages() -> dict[Path, dict[str, Message]]:
    """Messages by the folder of their catalogue and by their keys."""
    own = {one.key: one for one in chain(_of_features(), _of_sources("features"))}
    others = {one.key: one for one in chain(_of_templates(), _of_sources("serving", "policy"), _of_practice())}
    return {FEATURES: own, PAGES: {key: one for key, one in others.items() if key not in own}}


def _of_features() -> Iterator[Message]:
    for feature in catalogue().features:
        declared = feature.part or feature
        for said in filter(None, (declared.says, declared.says_not, declared.says_missing)):
            yield Message(message=said, may_count=feature.kind is Kind.NUMBER and ":.0f}" in said)
        labels = [
            label for label in feature.labels if len(label) > 2 and label.isascii() and not re.search("[0-9]", label)
        ]
        yield from (Message(message=label, context=LABEL) for label in labels)
    for entity in ENTITIES:
        yield Message(message=entity.noun, context=NOUN)
        yield Message(message=entity.others, context=OTHERS)
    yield from (Message(message=one) for one in (*FRAMES, WORD_SAID))
    flags = flag_words(shipped_reference()).values()
    yield from (Message(message=capital(said)) for said in flags)


def _of_practice() -> Iterator[Message]:
    for one in practice_parcels():
        prose = (one.sent_from, one.hidden_in, one.lesson, one.guide, *one.reasons, *one.against)
        yield from (Message(message=said) for said in prose if said)


def _of_sources(*packages: str) -> Iterator[Message]:
    for package in packages:
        for file in sorted((ROOT / package).rglob("*.py")):
            source = file.read_text("utf-8")
            for node in ast.walk(ast.parse(source)) if _IMPORT in source else ():
                if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
                    given = [one.value for one in node.args if isinstance(one, ast.Constant)]
                    yield from _called(node.func.id, [one for one in given if isinstance(one, str)])


def _of_templates() -> Iterator[Message]:
    environment = Environment()
    for file in sorted(TEMPLATES.glob("*.html")):
        for node in environment.parse(file.read_text("utf-8")).find_all(Call):
            if isinstance(node.node, Name):
                given = [one.value for one in node.args if isinstance(one, Const)]
                yield from _called(node.node.name, given)


def _called(name: str, given: list[str]) -> Iterator[Message]:
    if name in _ONE and len(given) == 1 and any(map(str.isalpha, given[0])):
        yield Message(message=given[0])
    elif name in _COUNTED and len(given) == 2:
        yield Message(message=given[0], many=given[1])
