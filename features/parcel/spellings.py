"""Countries and currencies as manifests spell them: codes in any case, other codes, names, signs."""

from __future__ import annotations

import unicodedata
from functools import cache

from features.parcel.country_names import IN_BRACKETS, country_named, letters_of
from features.parcel.reference import CodeList

_CATEGORIES = {
    "sale": "11 sale_of_goods sales goods merchandise commercial commercial_goods trade verkauf warenverkauf "
    "handelsware vente vente_de_marchandises marchandise venta mercancia vendita verkoop sprzedaz продажа "
    "销售 商品 货物",
    "returned": "21 return returns return_goods returned_goods rucksendung retoure retour "
    "retour_de_marchandise devolucion reso merce_di_ritorno zwrot возврат 退货",
    "gift": "31 gifts present geschenk cadeau regalo presente prezent подарок 礼物 礼品 贈物",
    "sample": "32 samples commercial_sample commercial_samples muster warenmuster echantillon "
    "echantillon_commercial muestra muestra_comercial campione probka образец 样品 货样",
    "documents": "91 document doc docs dokument dokumente documento documentos documenti документ документы 文件",
    "other": "99 991 others sonstiges andere autre autres otro otros altro overig inne другое 其他",
}
"""Nature of the transaction as CN 22 and CN 23 call it in several languages, and its codes in postal messages."""


def category_named(text: str) -> str | None:
    """Category that a word of a form or a code of a message means; None where it means none."""
    return _categories().get(_squeezed(text))


@cache
def _categories() -> dict[str, str]:
    return {_squeezed(word): category for category, words in _CATEGORIES.items() for word in words.split()}


def _squeezed(text: str) -> str:
    letters = unicodedata.normalize("NFKD", text.casefold())
    return "".join(mark for mark in letters if mark.isalnum())


def read_code(text: str, known: CodeList) -> tuple[str | None, bool]:
    """Code of the list that a text means, None where it means none; and whether it is no more than its spelling."""
    plain = unicodedata.normalize("NFKC", text).strip().upper()
    if plain in known.codes:
        return plain, True
    return known.aliases.get(plain), False


def read_country(text: str, known: CodeList) -> tuple[str | None, bool]:
    """As `read_code`; names in the languages of manifests and codes in digits are read as well."""
    code, is_plain = read_code(text, known)
    if code is None and (len(text) > 2 or not text.isascii()):
        code = country_named(text)
        code = code if code in known.codes else known.aliases.get(code or "") or _as_written(text, known)
    return code, is_plain


def _as_written(text: str, known: CodeList) -> str | None:
    """Code by another spelling of an alias, as in P.R.China, or by what two names say, as in UK (Great Britain)."""
    code = known.by_letters.get(letters_of(text))
    if code is None and (halves := IN_BRACKETS.fullmatch(text.strip())):
        first, second = (read_country(half, known)[0] for half in halves.groups())
        code = first if first == second else None
    return code
