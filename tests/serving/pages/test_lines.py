"""The lines of rendered cards: each has a subject and one scale, and next to none repeats the usual value."""

from __future__ import annotations

import re
import urllib.request
from html import unescape
from http.cookiejar import CookieJar
from itertools import product
from urllib.parse import urlencode

import pytest

from parcel_risk.demo import EXAMPLE
from tests.features.messages.test_language import VERB
from tests.serving.pages.showcase import Showcase

GOODS = ("jeans trousers for men", "vitamins", "toys and a book for children", "parts")
SENDERS = (("TH", "THBKKX", "Jun Exampleson"), ("PL", "PLWAWX", "Biblioteka Miejska"), ("CN", "CNSZXX", "Trade 88"))
TWO_SCALES = re.compile(r"%.*\b(1 in|of 100|of 1,000)\b|\b(1 in|of 100|of 1,000)\b.*%")
USUAL = re.compile(r"(?P<line>.*) \(usual [^:]*: (?P<usual>[^)]*)\)\.")


@pytest.fixture(scope="module")
def lines(shown: Showcase) -> list[str]:
    """Reasons of cards of unlike parcels, for and against."""
    opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(CookieJar()))
    opener.open(f"{shown.address}/station/login", urlencode({"key": shown.keys.officer}).encode()).read()
    found: list[str] = []
    for n, (weight_g, goods, (country, office, name)) in enumerate(product((90, 1_900), GOODS, SENDERS)):
        number = f"C41{n:09}"
        piece = {"description": goods, "quantity": 1 + n % 3, "value_cents": 500 + 700 * n, "currency": "EUR"}
        sender = {"sender_country": country, "dispatch_country": country, "origin_office": office, "sender_name": name}
        given = {**EXAMPLE, **sender, "parcel_id": number, "gross_weight_g": weight_g, "pieces": [piece]}
        shown.post("/v1/parcels", given, shown.keys.post)
        with opener.open(f"{shown.address}/station?{urlencode({'parcel': number})}") as response:
            card = re.search(r'<p class="chance">(.*?)</section>', response.read().decode(), re.DOTALL)
        assert card is not None
        reasons = re.split("Doubts about|<h3>(?:Rules|Lists|Typologies) that it", card[1])[0]
        found += [unescape(line) for line in re.findall(r"<li>(.*?)</li>", reasons)]
    return found


def test_every_line_of_a_card_is_a_sentence_in_one_scale(lines: list[str]) -> None:
    assert len(lines) > 40
    for line in lines:
        assert VERB.search(line), f"{line!r} says nothing of a subject"
        assert not TWO_SCALES.search(line), f"{line!r} has two scales"
        assert line.endswith(".")
        assert not re.search(r"\b[A-Z]{5}X\b", line), f"{line!r} names an office by its code"


def test_next_to_no_line_repeats_the_usual_value(lines: list[str]) -> None:
    compared = [match for line in lines if (match := USUAL.fullmatch(line))]
    repeats = [one[0] for one in compared if re.findall(r"\d[\d.,]*%?", one["line"])[:1] == [one["usual"]]]
    assert compared
    assert len(repeats) < 0.02 * len(lines), repeats
