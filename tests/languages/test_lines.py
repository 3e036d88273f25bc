"""A linter over lines of reasons in every language: sentences in one scale, next to none repeats the usual value."""

from __future__ import annotations

import random
import re

import pytest

from features.catalogue import catalogue
from features.declared.declare import Kind
from features.messages import languages, reason_text
from features.reasons import Reason
from serving.pages.languages import station_languages

N_CARDS, N_LINES = 1_000, 4
_NEAR = 0.1
_NUMBER = re.compile(r"\d(?:[\d.,\u00a0\u202f]*\d)?(?:[\s\u00a0\u202f]?%)?")
_TWO_SCALES = re.compile(r"%.*\b(1 in|of 100|von 100|sur 100|na 100)\b")
_MARKS = re.compile(r"[{}|]|\bnan\b|None")


def facts(draw: random.Random) -> Reason:
    """A reason as `features.reasons` would give it: its value does not read like the usual one."""
    while True:
        feature = draw.choice(catalogue().features)
        if feature.labels:
            return Reason(
                family="any", feature=feature.name, value=float(draw.randrange(len(feature.labels))), weight=1.0
            )
        if feature.kind is Kind.YES_NO:
            return Reason(family="any", feature=feature.name, value=float(draw.random() < 0.5), weight=1.0)
        is_share = "%}" in feature.says
        usual = draw.random() if is_share else round(draw.lognormvariate(2.0, 2.0), 1)
        value = min(usual * draw.lognormvariate(0.0, 1.5), 1.0 if is_share else 1e7)
        if abs(value - usual) > _NEAR * usual and feature.sentence(value) != feature.sentence(usual):
            return Reason(
                family="any",
                feature=feature.name,
                value=value,
                weight=1.0,
                typical=usual,
                lane=draw.choice((None, "A to B")),
            )


@pytest.fixture(scope="module")
def cards() -> list[Reason]:
    draw = random.Random(20)
    return [facts(draw) for _ in range(N_CARDS * N_LINES)]


@pytest.mark.parametrize("code", languages())
def test_every_line_is_a_sentence_in_one_scale(cards: list[Reason], code: str) -> None:
    language = station_languages()[code]
    for said in (language.text(reason_text(one)) for one in cards):
        assert re.match(r"[\w„«\"]", said)
        assert not said[0].islower()
        assert said.endswith(".")
        assert len(said.split()) >= 3, f"{said!r} has no subject"
        assert not _TWO_SCALES.search(said), f"{said!r} has two scales"
        assert not _MARKS.search(said), said


@pytest.mark.parametrize("code", languages())
def test_next_to_no_line_repeats_the_usual_value(cards: list[Reason], code: str) -> None:
    language = station_languages()[code]
    lines = [language.text(reason_text(one)) for one in cards if one.typical is not None]
    repeats = []
    for said in lines:
        head, _, usual = said.rpartition(" (")
        wanted = _NUMBER.search(usual)
        if wanted and _NUMBER.findall(head)[:1] == [wanted[0]]:
            repeats.append(said)
    assert lines
    assert len(repeats) < 0.02 * len(lines), repeats[:5]
