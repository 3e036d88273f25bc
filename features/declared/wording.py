"""How the goods are described: length, vagueness, language, script."""

from __future__ import annotations

import polars as pl

from features.declared.declare import Kind, feature, yes_no
from features.declared.expressions import positive

SOURCE = "manifest: description of the contents; cover goods of reported seizures"
"""Where these features come from, for the docs."""

_TEXT = pl.col("description")
_LENGTH = _TEXT.str.len_chars()

# Words that name nothing one could recognise on an x-ray image. Customs administrations publish such lists of
# unacceptable descriptions; these are their common core.
_VAGUE = (
    r"(?i)^\W*(gifts?|presents?|samples?|documents?|goods|items?|parts?|accessor(y|ies)|stuff|merchandise|various|other|"
    r"personal (effects|items|use)|misc\w*|products?|general|health products?|household( goods)?|"
    r"daily (use|necessities)|geschenk\w*|cadeaus?|regalos?|cadeaux?)\W*$"
)
# Goods under which drugs were declared in reported seizures.
_COVERS = (
    r"(?i)\b(bath salts?|washing powder|detergent|dried flowers?|herbs?|herbal|snacks?|tea|incense|supplements?|"
    r"vitamins?|health products?|powder|capsules?|toys?|candles?|coffee|sweets|documents?|gifts?|samples?)\b"
)
_MODEL_NUMBER = r"\b(?:[A-Za-z]+[0-9]|[0-9]+[A-Za-z])[A-Za-z0-9\-]*\b"

SCRIPTS = ("Latin", "Cyrillic", "Greek", "Chinese or Japanese", "Korean", "Arabic", "another script", "no letters")
_SCRIPT_OF = (
    (r"[\u0370-\u03ff]", 2),
    (r"[\u0400-\u052f]", 1),
    (r"[\u3040-\u30ff\u3400-\u9fff]", 3),
    (r"[\uac00-\ud7af]", 4),
    (r"[\u0600-\u06ff]", 5),
    (r"[A-Za-zÀ-ɏ]", 0),
    (r"\p{L}", 6),
)
LANGUAGES = ("English", "German", "French", "Spanish", "Italian", "Dutch", "Polish", "Czech", "another language")
# Little words and endings that are common in one language and rare in the others; the first that fits is taken.
_LANGUAGE_OF = (
    (
        r"(?i)(\b(und|für|mit|aus|stück|kleidung|spielzeug|hemd|buch|schuhe|baumwolle|tasche|ersatzteil\w*|"
        r"geschenk)\b|ß)",
        1,
    ),
    (
        r"(?i)\b(et|pour|avec|des|les|vêtements?|coton|livres?|chaussures?|jouets?|sac|pièces?|cadeaux?|"
        r"thé)\b",
        2,
    ),
    (
        r"(?i)\b(para|con|los|las|ropa|algodón|libros?|zapatos?|juguetes?|bolsa|piezas?|camiseta|regalos?|"
        r"funda)\b",
        3,
    ),
    (
        r"(?i)\b(di|per|della|abbigliamento|cotone|libr[io]|scarpe|giocattol[io]|borsa|maglietta|regal[io]|"
        r"pezzi)\b",
        4,
    ),
    (
        r"(?i)\b(voor|een|van|het|kleding|katoen|boek(en)?|schoenen|speelgoed|tas|onderdelen|cadeau|thee|"
        r"stuks)\b",
        5,
    ),
    (
        r"(?i)(\b(dla|odzież|bawełn\w*|książk\w*|buty|zabawk\w*|torba|części|prezent|koszulka|herbata)\b|"
        r"[łąęśźż])",
        6,
    ),
    (r"(?i)(\b(pro|oblečení|bavln\w*|knih[ay]?|boty|hračk\w*|taška|díly|dárek|tričko|čaj)\b|[ěřů])", 7),
    (
        r"(?i)\b(the|for|with|and|of|shirt|dress|shoes?|bag|book|case|cover|cable|phone|cotton|toys?|parts?|"
        r"women|men|tea|gift|sample|charger|set|clothing|watch|box|kit)\b",
        0,
    ),
)


@feature(unit="characters", says="the description has {value:.0f} characters", says_missing="no description")
def description_length() -> pl.Expr:
    """Length of the description of all pieces. Missing without one."""
    return _LENGTH


@feature(unit="words", says="the description has {value:.0f} words", says_missing="no description")
def description_n_words() -> pl.Expr:
    """Number of words in the description of all pieces. Missing without one."""
    return _TEXT.str.count_matches(r"\w+")


@feature(unit="characters", says="words of {value:.1f} characters in the description", says_missing="no description")
def description_word_length() -> pl.Expr:
    """Mean length of the words of the description. Missing without words."""
    return _TEXT.str.count_matches(r"\w") / positive(_TEXT.str.count_matches(r"\w+"))


@feature(unit="share", says="digits make up {value:.0%} of the description", says_missing="no description")
def description_digits_share() -> pl.Expr:
    """Share of the characters of the description that are digits. Missing without one."""
    return _TEXT.str.count_matches("[0-9]") / positive(_LENGTH)


@feature(unit="share", says="capitals make up {value:.0%} of the letters", says_missing="no description")
def description_capitals_share() -> pl.Expr:
    """Share of the Latin letters of the description that are capitals. Missing without Latin letters."""
    return _TEXT.str.count_matches("[A-Z]") / positive(_TEXT.str.count_matches("[A-Za-z]"))


@yes_no("the description says nothing of the goods", "the description names goods", "no description")
def description_is_vague() -> pl.Expr:
    """Whether the whole description is a word such as gift, sample or personal effects. Missing without one."""
    return _TEXT.str.contains(_VAGUE)


@yes_no(
    "the parcel is declared as goods that often served as a cover",
    "the parcel is not declared as usual cover goods",
    "no description",
)
def description_is_usual_cover() -> pl.Expr:
    """Whether the description names goods under which drugs were declared in reported seizures. Missing without one."""
    return _TEXT.str.contains(_COVERS)


@yes_no("the description names a model or article number", "no model or article number", "no description")
def description_has_model_number() -> pl.Expr:
    """Whether a word of letters and digits occurs in the description, as sellers with a catalogue write it."""
    return _TEXT.str.contains(_MODEL_NUMBER)


@feature(
    unit="share",
    says="a word of the description occurred on parcels of which {value:.0%} held contraband",
    says_missing="no word of the description is known from inspections",
    direction=1,
)
def riskiest_word_share() -> pl.Expr:
    """Smoothed finding share of the riskiest word of the description among inspected parcels (see `features.words`).

    The bundle carries the words; without one the value is missing.
    """
    return pl.lit(None, dtype=pl.Float64)


@feature(
    unit="code",
    kind=Kind.CATEGORY,
    says="the goods are described in {value} letters",
    says_missing="no description",
    labels=SCRIPTS,
)
def description_script() -> pl.Expr:
    """Script of the description: the first other than Latin that occurs, else Latin. Missing without a description."""
    return _first(_SCRIPT_OF, otherwise=7)


@feature(
    unit="code",
    kind=Kind.CATEGORY,
    says="the goods are described in {value}",
    says_missing="no description",
    labels=LANGUAGES,
)
def description_language() -> pl.Expr:
    """Language of the description by common words, a rough guess. Missing without a description."""
    return _first(_LANGUAGE_OF, otherwise=len(LANGUAGES) - 1)


def _first(patterns: tuple[tuple[str, int], ...], *, otherwise: int) -> pl.Expr:
    """Code of the first pattern that occurs in the description."""
    code: pl.Expr = pl.lit(otherwise)
    for pattern, this in reversed(patterns):
        code = pl.when(_TEXT.str.contains(pattern)).then(this).otherwise(code)
    return pl.when(_TEXT.is_not_null()).then(code)
