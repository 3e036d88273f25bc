from __future__ import annotations

import copy
import re
from datetime import UTC, datetime

import pytest

from features.catalogue import catalogue
from features.declared import Feature
from features.handling.states import State
from features.messages import (
    Language,
    feature_sentence,
    flag_sentence,
    language_of,
    languages,
    rule_sentence,
    sentence,
    state_sentence,
)
from features.messages.places import country_name, office_name
from features.parcel.flags import FLAGS
from features.parcel.problems import ParcelRiskError
from features.parcel.reference import shipped_reference
from features.parcel.rules import rules
from features.reasons import Reason
from features.text import capital, figure, joined, moment, text

VERB = re.compile(
    r"\b(is|are|was|were|has|have|had|holds?|held|can|weighs?|gives?|names?|travels?|goes|came|repeats?|fits?|belongs|"
    r"passed|made|makes?|shares?|writes|meet|met|looks?|became|occurred|says|mixes|differs)\b"
)
LABELS = catalogue()["dispatch_country"].labels


def reason(feature: str, value: float | None, **facts: object) -> Reason:
    return Reason(family="any", feature=feature, value=value, weight=1.0, **facts)  # type: ignore[arg-type]


@pytest.mark.parametrize("one", catalogue().features, ids=lambda one: one.name)
def test_every_feature_has_a_sentence_in_every_language(one: Feature):
    codes = range(len(one.labels)) if one.labels else (0.0, 1.0, 0.37, 1e6)
    for language in languages():
        for value in (None, *map(float, codes)):
            said = sentence(reason(one.name, value, typical=0.02, lane="CN to DE"), language)
            assert not re.search(r"[{}]|\bnan\b|None", said)
            assert re.search(r"\([^()]*: 2(%|\s%)\)$", said) or "%}" not in one.says
            assert language != "en" or VERB.search(said), f"{said!r} says nothing of a subject"
            assert "%" not in said or not re.search(r"\b1 in \d|\bof 100\b", said), f"{said!r} has two scales"


def test_a_reason_is_said_in_the_words_of_its_feature():
    for name, value in (("gross_weight_g", 1_950.0), ("sender_n_7d", 1.0), ("weight_is_round", 0.0)):
        said = catalogue()[name].sentence(value)
        assert sentence(reason(name, value)) == capital(said)
        assert feature_sentence(name, value) == catalogue()[name].sentence(value)
    assert sentence(reason("gross_weight_g", None)) == "No weight is declared"


@pytest.mark.parametrize(
    ("feature", "typical", "lane", "end"),
    [
        ("sender_n_7d", 1.0, "CN to DE", " (usual on this lane: 1)"),
        ("sender_n_7d", 0.5, None, " (usual for all parcels: 0.5)"),
        ("sender_value_28d", 12_345.6, None, " (usual for all parcels: 12,346)"),
        ("sender_found_share", 0.25, None, " (usual for all parcels: 25%)"),
        ("sender_found_share", 0.005, "CN to DE", " (usual on this lane: 0.5%)"),
    ],
)
def test_a_number_is_set_against_what_is_usual_in_the_scale_of_its_sentence(
    feature: str, typical: float, lane: str | None, end: str
):
    said = sentence(reason(feature, 12.0, typical=typical, lane=lane))
    assert said == capital(catalogue()[feature].sentence(12.0)) + end


def test_the_riskiest_word_is_named():
    said = sentence(reason("riskiest_word_share", 0.4, word="tea"))
    assert said == 'Parcels with the word "tea" in their description held contraband in 40% of inspections'
    german = sentence(reason("riskiest_word_share", 0.4, word="tea"), "de")
    assert (
        german == "Sendungen mit dem Wort „tea“ in der Beschreibung enthielten bei 40\xa0% der Kontrollen Schmuggelware"
    )


def test_reasons_of_features_that_there_are_no_more_are_still_said():
    assert sentence(reason("no_such_feature", 12.5)) == "No such feature is 12.5"
    assert (
        sentence(reason("no_such_feature", 12.5, typical=2.0)) == "No such feature is 12.5 (usual for all parcels: 2)"
    )
    assert sentence(reason("no_such_feature", None)) == "No such feature is not known"
    assert sentence(reason("stream", 99.0)) == "Stream is 99"


def test_numbers_nouns_and_windows_are_those_of_the_language():
    twelve = reason("sender_n_7d", 12.0, typical=1.0, lane="CN to DE")
    assert sentence(twelve, "de") == (
        "12 Sendungen dieses Absenders wurden in 7 Tagen angemeldet (üblich auf dieser Strecke: 1)"
    )
    assert [sentence(reason("sender_n_7d", n), "pl") for n in (1.0, 3.0, 5.0)] == [
        "W ciągu 7 dni zgłoszono 1 przesyłkę tego nadawcy",
        "W ciągu 7 dni zgłoszono 3 przesyłki tego nadawcy",
        "W ciągu 7 dni zgłoszono 5 przesyłek tego nadawcy",
    ]
    value = reason("lane_value_28d", 12_345.6)
    assert sentence(value, "fr") == "Les envois de cette liaison ont été déclarés pour 12\u202f346 EUR en 28 jours"
    assert (
        sentence(reason("dispatch_country", float(LABELS.index("TH"))), "pl") == "Kraj nadania przesyłki to Tajlandia"
    )


def test_what_a_catalogue_does_not_have_is_said_in_english():
    bare = Language(code="de")
    assert bare.reason(reason("n_pieces", 3.0)) == capital(catalogue()["n_pieces"].sentence(3.0))
    assert bare.flag("value_missing") == flag_sentence("value_missing")
    assert bare.text(text("no such message of {n:,}", n=1_234)) == "no such message of 1.234"


def test_a_text_is_its_english_and_says_the_same_in_other_languages():
    said = text("lodged by {operator}", operator="post-a")
    assert said == "lodged by post-a"
    assert language_of("en").text(said) == said
    assert copy.deepcopy(said) is said
    assert joined(", ", ("a", said)) == "a, lodged by post-a"
    at = moment(datetime(2026, 11, 2, 8, 15, tzinfo=UTC))
    assert [language_of(code).text(at) for code in ("en", "de")] == ["2026-11-02 08:15 UTC", "02.11.2026, 08:15 UTC"]
    assert language_of("fr").text(figure(0.125, ".1%")) == "12,5\xa0%"


def test_countries_are_called_by_their_names():
    labels = catalogue()["dispatch_country"].labels
    said = sentence(reason("dispatch_country", float(labels.index("TH"))))
    assert said == "The parcel was dispatched from Thailand"
    assert country_name("PL", "de") == "Polen"
    assert all(country_name(code, "pl") != code for code in shipped_reference().countries)


def test_offices_are_called_by_their_names_and_kept_apart_by_their_codes():
    assert office_name("PLWAWX") == "Warszawa, Poland (PLWAWX)"
    assert office_name("PLXXXA", "fr") == "Pologne (PLXXXA)"
    assert [office_name(other) for other in ("ZZXXXA", "hall 4")] == ["ZZXXXA", "hall 4"]


def test_an_unknown_language_is_refused_with_those_that_there_are():
    with pytest.raises(ParcelRiskError, match=r"there is no language 'xx'\. Languages are en, de, fr, pl\."):
        sentence(reason("gross_weight_g", 1.0), "xx")


def test_every_flag_and_rule_is_one_sentence():
    for flag in FLAGS:
        assert flag_sentence(flag.code) == flag.says
    for rule in rules(shipped_reference()):
        assert re.fullmatch(r"[A-Z].+\.", rule_sentence(rule.code)), rule.code
    assert flag_sentence("no_such_flag") == "no_such_flag"


def test_a_flag_that_may_be_about_either_party_names_neither():
    assert "recipient" not in flag_sentence("postcode_form")
    assert "sender" not in flag_sentence("postcode_form")


def test_every_state_of_a_parcel_has_a_sentence():
    for state in State:
        assert re.fullmatch(r"The .+\.", state_sentence(state)), state
    assert state_sentence("our own state") == "our own state"
