"""Numbers for a description: length, words, script, language, and whether it names goods.

Words are what Unicode calls so (letters, marks, digits, connectors), and case is folded letter by letter. Python's
regular expressions know other words and fold dotted i to i, so a text is first written such that they agree.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence

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
# Little words, beginnings of words and letters that are common in one language and rare in the others.
_SIGNS_OF = {
    "German": (
        "und für mit aus stück kleidung spielzeug hemd buch schuhe baumwolle tasche geschenk",
        "ersatzteil",
        "ß",
    ),
    "French": (
        "et pour avec des les vêtement vêtements coton livre livres chaussure chaussures jouet jouets sac pièce pièces "
        "cadeau cadeaux thé",
        "",
        "",
    ),
    "Spanish": (
        "para con los las ropa algodón libro libros zapato zapatos juguete juguetes bolsa pieza piezas camiseta regalo "
        "regalos funda",
        "",
        "",
    ),
    "Italian": (
        "di per della abbigliamento cotone libri libro scarpe giocattoli giocattolo borsa maglietta regali regalo "
        "pezzi",
        "",
        "",
    ),
    "Dutch": (
        "voor een van het kleding katoen boek boeken schoenen speelgoed tas onderdelen cadeau thee stuks",
        "",
        "",
    ),
    "Polish": ("dla odzież buty torba części prezent koszulka herbata", "bawełn książk zabawk", "łąęśźż"),
    "Czech": ("pro oblečení knih kniha knihy boty taška díly dárek tričko čaj", "bavln hračk", "ěřů"),
    "English": (
        "the for with and of shirt dress shoe shoes bag book case cover cable phone cotton toy toys part parts women "
        "men tea gift sample charger set clothing watch box kit",
        "",
        "",
    ),
}
"""In the order in which a language is taken where signs of several occur."""
_ORDER = (*_SIGNS_OF, "another language")


def _ranked(signs: Iterable[Iterable[str]]) -> dict[str, int]:
    """Rank of the first language of each sign."""
    return {sign: rank for rank, of_one in reversed([*enumerate(signs)]) for sign in of_one}


_OF_WORD = _ranked(words.split() for words, _, _ in _SIGNS_OF.values())
_OF_BEGINNING = _ranked(beginnings.split() for _, beginnings, _ in _SIGNS_OF.values())
_OF_LETTER = _ranked(letters for _, _, letters in _SIGNS_OF.values())
_N_BEGINNING = min(map(len, _OF_BEGINNING))
_BEGINNINGS = {sign[:_N_BEGINNING]: sign for sign in _OF_BEGINNING}

_WORDS, _DIGITS, _CAPITALS, _LATIN = (re.compile(one) for one in (r"\w+", "[0-9]", "[A-Z]+", "[A-Za-z]+"))
_LATIN_SCRIPT, _ANY_LETTER, _NO_LETTER = 0, 6, 7


def wording(text: str | None) -> Numbers:
    """Numbers of ``WORDING`` for a description; NaN without one."""
    if text is None:
        return (NAN,) * len(WORDING)
    plain = text if text.isascii() else text.translate(_PLAIN)
    folded = text.lower() if text.isascii() else plain.translate(_FOLDED)
    words = _WORDS.findall(folded)
    return (
        float(len(text)),
        float(len(words)),
        float(sum(map(len, words))),
        float(len(_DIGITS.findall(text))),
        float(sum(map(len, _CAPITALS.findall(text)))),
        float(sum(map(len, _LATIN.findall(text)))),
        _occurs(_VAGUE, folded),
        _occurs(_COVERS, folded),
        _occurs(_MODEL_NUMBER, plain),
        float(_script(text)),
        float(_language(words, folded)),
    )


def _occurs(pattern: re.Pattern[str], text: str) -> float:
    return 1.0 if pattern.search(text) else 0.0


def _script(text: str) -> int:
    if not text.isascii():
        for pattern, code in _SCRIPT_OF:
            if pattern.search(text):
                return code
        return _ANY_LETTER if any(one.isalpha() for one in text) else _NO_LETTER
    return _LATIN_SCRIPT if _LATIN.search(text) else _NO_LETTER


def _language(words: Sequence[str], folded: str) -> int:
    """Code of the first language of which a sign occurs."""
    rank = len(_SIGNS_OF)
    for word in words:
        rank = min(rank, _OF_WORD.get(word, rank))
        beginning = _BEGINNINGS.get(word[:_N_BEGINNING])
        if beginning is not None and word.startswith(beginning):
            rank = min(rank, _OF_BEGINNING[beginning])
    if not folded.isascii():
        rank = min(rank, *(_OF_LETTER.get(one, rank) for one in folded))
    return LANGUAGES.index(_ORDER[rank])


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
