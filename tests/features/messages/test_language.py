from __future__ import annotations

import re
import tomllib
from importlib.resources import files

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

VERB = re.compile(
    r"\b(is|are|was|were|has|have|had|holds?|held|can|weighs?|gives?|names?|travels?|goes|came|repeats?|fits?|belongs|"
    r"passed|made|makes?|shares?|writes|meet|met|looks?|became|occurred|says|mixes|differs)\b"
)
GERMAN = Language.parse(
    """
    [frames]
    typical_on_lane = "{sentence} (üblich auf dieser Strecke: {typical})"
    [features.gross_weight_g]
    says = "Das Paket wiegt {value:.0f} g"
    says_missing = "Das Gewicht ist nicht angegeben"
    [features.sender_n_7d]
    says = "Der Absender schickte {value:.0f} Pakete in 7 Tagen"
    [flags]
    weight_missing = "Das Gewicht fehlt."
    [states]
    held = "Das Paket wird festgehalten."
    """,
    "de",
)


def capital(said: str) -> str:
    return said[:1].upper() + said[1:]


def reason(feature: str, value: float | None, **facts: object) -> Reason:
    return Reason(family="any", feature=feature, value=value, weight=1.0, **facts)  # type: ignore[arg-type]


@pytest.mark.parametrize("one", catalogue().features, ids=lambda one: one.name)
def test_every_feature_has_a_sentence_in_every_language(one: Feature):
    codes = range(len(one.labels)) if one.labels else (0.0, 1.0, 0.37, 1e6)
    for language in languages():
        for value in (None, *map(float, codes)):
            said = sentence(reason(one.name, value, typical=0.02, lane="CN to DE"), language)
            assert not re.search(r"[{}]|\bnan\b|None", said)
            assert said.endswith("(usual on this lane: 2%)") or "%}" not in one.says
            assert VERB.search(said), f"{said!r} says nothing of a subject"
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
    other = Language.parse("[frames]\nword = '{sentence} <{word}>'")
    assert other.reason(reason("riskiest_word_share", 0.4, word="tea")).endswith(" <tea>")


def test_reasons_of_features_that_there_are_no_more_are_still_said():
    assert sentence(reason("no_such_feature", 12.5)) == "No such feature is 12.5"
    assert (
        sentence(reason("no_such_feature", 12.5, typical=2.0)) == "No such feature is 12.5 (usual for all parcels: 2)"
    )
    assert sentence(reason("no_such_feature", None)) == "No such feature is not known"
    assert sentence(reason("stream", 99.0)) == "Stream is 99"


def test_another_language_needs_a_file_only_and_falls_back_to_english():
    assert GERMAN.reason(reason("gross_weight_g", 340.0)) == "Das Paket wiegt 340 g"
    assert GERMAN.reason(reason("gross_weight_g", None)) == "Das Gewicht ist nicht angegeben"
    told = GERMAN.reason(reason("sender_n_7d", 12.0, typical=1.0, lane="CN to DE"))
    assert told == "Der Absender schickte 12 Pakete in 7 Tagen (üblich auf dieser Strecke: 1)"
    assert GERMAN.reason(reason("n_pieces", 3.0)) == capital(catalogue()["n_pieces"].sentence(3.0))
    assert GERMAN.flag("weight_missing") == "Das Gewicht fehlt."
    assert GERMAN.flag("value_missing") == flag_sentence("value_missing")
    assert GERMAN.state("held") == "Das Paket wird festgehalten."
    assert GERMAN.frames["typical"] == language_of("en").frames["typical"]


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
    with pytest.raises(ParcelRiskError, match=r"there is no language 'xx'\. Languages are en\."):
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


@pytest.mark.parametrize("language", languages())
def test_a_language_file_speaks_of_nothing_that_there_is_not(language: str):
    given = tomllib.loads(files("features.messages").joinpath(f"{language}.toml").read_text("utf-8"))
    assert given.keys() <= {"frames", "features", "flags", "states"}
    assert given["features"].keys() <= set(catalogue().names)
    assert given["flags"].keys() <= {rule.code for rule in rules(shipped_reference())}
    assert all(
        texts.keys() <= {"says", "says_not", "says_missing", "says_word"} for texts in given["features"].values()
    )
