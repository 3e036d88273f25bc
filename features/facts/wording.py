"""Numbers for a description: length, words, script, language, and whether it names goods.

Words are what Unicode calls so (letters, marks, digits, connectors), and case is folded letter by letter. Python's
regular expressions know other words and fold dotted i to i, so a text is first written such that they agree.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from functools import lru_cache

from features.facts.codes import NAN, Numbers

WORDING = (
    "description_length",
    "description_n_words",
    "description_n_word_characters",
    "description_n_digits",
    "description_n_capitals",
    "description_n_latin_letters",
    "description_is_vague",
    "description_is_usual_cover",
    "description_has_model_number",
    "description_script",
    "description_language",
)
"""What `wording` gives, in order."""

# Words that name nothing one could recognise on an x-ray image. Customs administrations publish such lists of
# unacceptable descriptions; these are their common core.
_VAGUE = re.compile(
    r"^\W*(gifts?|presents?|samples?|documents?|goods|items?|parts?|accessor(y|ies)|stuff|merchandise|various|other|"
    r"personal (effects|items|use)|misc\w*|products?|general|health products?|household( goods)?|"
    r"daily (use|necessities)|geschenk\w*|cadeaus?|regalos?|cadeaux?)\W*$"
)
# Goods under which drugs were declared in reported seizures.
_COVERS = re.compile(
    r"\b(bath salts?|washing powder|detergent|dried flowers?|herbs?|herbal|snacks?|tea|incense|supplements?|"
    r"vitamins?|health products?|powder|capsules?|toys?|candles?|coffee|sweets|documents?|gifts?|samples?)\b"
)
_MODEL_NUMBER = re.compile(r"\b(?:[A-Za-z]+[0-9]|[0-9]+[A-Za-z])[A-Za-z0-9\-]*\b")

SCRIPTS = ("Latin", "Cyrillic", "Greek", "Chinese or Japanese", "Korean", "Arabic", "another script", "no letters")
_SCRIPT_OF = (
    (re.compile(r"[\u0370-\u03ff]"), 2),
    (re.compile(r"[\u0400-\u052f]"), 1),
    (re.compile(r"[\u3040-\u30ff\u3400-\u9fff]"), 3),
    (re.compile(r"[\uac00-\ud7af]"), 4),
    (re.compile(r"[\u0600-\u06ff]"), 5),
    (re.compile(r"[A-Za-zÀ-ɏ]"), 0),
)
LANGUAGES = ("English", "German", "French", "Spanish", "Italian", "Dutch", "Polish", "Czech", "another language")
# Little words and endings that are common in one language and rare in the others; the first that fits is taken.
_LANGUAGE_OF = (
    (
        re.compile(
            r"(\b(und|für|mit|aus|stück|kleidung|spielzeug|hemd|buch|schuhe|baumwolle|tasche|ersatzteil\w*|"
            r"geschenk)\b|ß)"
        ),
        1,
    ),
    (
        re.compile(
            r"\b(et|pour|avec|des|les|vêtements?|coton|livres?|chaussures?|jouets?|sac|pièces?|cadeaux?|"
            r"thé)\b"
        ),
        2,
    ),
    (
        re.compile(
            r"\b(para|con|los|las|ropa|algodón|libros?|zapatos?|juguetes?|bolsa|piezas?|camiseta|regalos?|"
            r"funda)\b"
        ),
        3,
    ),
    (
        re.compile(
            r"\b(di|per|della|abbigliamento|cotone|libr[io]|scarpe|giocattol[io]|borsa|maglietta|regal[io]|"
            r"pezzi)\b"
        ),
        4,
    ),
    (
        re.compile(
            r"\b(voor|een|van|het|kleding|katoen|boek(en)?|schoenen|speelgoed|tas|onderdelen|cadeau|thee|"
            r"stuks)\b"
        ),
        5,
    ),
    (
        re.compile(
            r"(\b(dla|odzież|bawełn\w*|książk\w*|buty|zabawk\w*|torba|części|prezent|koszulka|herbata)\b|"
            r"[łąęśźż])"
        ),
        6,
    ),
    (re.compile(r"(\b(pro|oblečení|bavln\w*|knih[ay]?|boty|hračk\w*|taška|díly|dárek|tričko|čaj)\b|[ěřů])"), 7),
    (
        re.compile(
            r"\b(the|for|with|and|of|shirt|dress|shoes?|bag|book|case|cover|cable|phone|cotton|toys?|parts?|"
            r"women|men|tea|gift|sample|charger|set|clothing|watch|box|kit)\b"
        ),
        0,
    ),
)

_WORDS, _DIGITS, _CAPITALS, _LATIN = (re.compile(one) for one in (r"\w+", "[0-9]", "[A-Z]", "[A-Za-z]"))
_N_CACHED = 2**15
_ANY_LETTER, _NO_LETTER = 6, 7


@lru_cache(_N_CACHED)
def wording(text: str | None) -> Numbers:
    """Numbers of ``WORDING`` for a description; NaN without one."""
    if text is None:
        return (NAN,) * len(WORDING)
    plain = text if text.isascii() else text.translate(_PLAIN)
    folded = text.lower() if text.isascii() else plain.translate(_FOLDED)
    words = _WORDS.findall(plain)
    return (
        float(len(text)),
        float(len(words)),
        float(sum(map(len, words))),
        float(len(_DIGITS.findall(text))),
        float(len(_CAPITALS.findall(text))),
        float(len(_LATIN.findall(text))),
        _occurs(_VAGUE, folded),
        _occurs(_COVERS, folded),
        _occurs(_MODEL_NUMBER, plain),
        float(_script(text)),
        float(_first(_LANGUAGE_OF, folded, otherwise=len(LANGUAGES) - 1)),
    )


def _occurs(pattern: re.Pattern[str], text: str) -> float:
    return 1.0 if pattern.search(text) else 0.0


def _script(text: str) -> int:
    letters = _ANY_LETTER if any(one.isalpha() for one in text) else _NO_LETTER
    return _first(_SCRIPT_OF, text, otherwise=letters)


def _first(patterns: Sequence[tuple[re.Pattern[str], int]], text: str, *, otherwise: int) -> int:
    """Code of the first pattern that occurs in `text`."""
    return next((code for pattern, code in patterns if pattern.search(text)), otherwise)


class _Plain(dict[int, int]):
    """Characters that are of a word in Unicode and not in Python, as a letter; those the other way round as a mark."""

    def __missing__(self, code: int) -> int:
        one = chr(code)
        of_word, of_python = _is_of_word(one), one.isalnum() or one == "_"
        self[code] = code if of_word == of_python else _LETTER if of_word else _MARK
        return self[code]


class _Folded(dict[int, int]):
    """Characters in simple case folding, one for one."""

    def __missing__(self, code: int) -> int:
        one = chr(code)
        self[code] = next((ord(folded) for folded in (one.casefold(), one.lower()) if len(folded) == 1), code)
        return self[code]


def _is_of_word(one: str) -> bool:
    r"""Whether Unicode's ``\w`` holds the character: alphabetic, mark, decimal digit, connector or joiner."""
    category = unicodedata.category(one)
    return (
        category[0] in "LM"
        or category in ("Nd", "Nl", "Pc")
        or one in "\u200c\u200d"
        or any(first <= one <= last for first, last in _CIRCLED_LETTERS)
    )


_CIRCLED_LETTERS = (
    ("\u24b6", "\u24e9"),
    ("\U0001f130", "\U0001f149"),
    ("\U0001f150", "\U0001f169"),
    ("\U0001f170", "\U0001f189"),
)
_LETTER, _MARK = ord("ꙮ"), ord("¤")  # in none of the patterns
_PLAIN, _FOLDED = _Plain(), _Folded()
