"""Dates as people, spreadsheets and programs write them, spelled as ISO 8601; what can mean two days is left as it is.

Of dates of digits alone the whole column shows whether the day goes first: those with one mark, such as a slash, are
one habit. A number of days is a spreadsheet's, one of seconds or milliseconds a program's.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from functools import cache
from typing import NamedTuple

COUNTED = r"^[0-9]{5}(?:[.,][0-9]+)?$|^[0-9]{10}(?:[0-9]{3})?$"
"""Days since 1900 as spreadsheets count them, and seconds or milliseconds since 1970."""
_MONTHS = {
    1: "jan january januar janvier janv enero ene gennaio gen januari janeiro styczen stycznia января янв leden",
    2: "feb february februar fevrier fevr fev febrero febbraio februari fevereiro luty lutego lut февраля фев unor",
    3: "mar march marz maerz mrz mars marzo maart mrt marco marzec marca марта мар brezen",
    4: "apr april avril avr abril abr aprile kwiecien kwietnia kwi апреля апр duben",
    5: "may mai mayo maggio mag mei maio maj maja мая kveten",
    6: "jun june juni juin junio giugno giu junho czerwiec czerwca cze июня июн cerven",
    7: "jul july juli juillet juil julio luglio lug julho lipiec lipca июля июл cervenec",
    8: "aug august aout agosto ago augustus augusti sierpien sierpnia sie августа авг srpen",
    9: "sep sept september septembre septiembre settembre set setembro wrzesien wrzesnia wrz сентября сен zari",
    10: "oct october oktober okt octobre octubre ottobre ott outubro out pazdziernik pazdziernika paz октября окт "
    "rijen",
    11: "nov november novembre noviembre novembro ноября ноя",
    12: "dec december dezember dez decembre diciembre dic dicembre dezembro grudzien grudnia gru декабря дек prosinec",
}
"""Names of months in the languages of manifests, without marks. Listopad is two: in Poland and Croatia."""
_ZONES = {
    **dict.fromkeys(("z", "utc", "gmt", "wet"), "+00:00"),
    **dict.fromkeys(("cet", "mez", "west"), "+01:00"),
    **dict.fromkeys(("cest", "mesz", "eet"), "+02:00"),
    **dict.fromkeys(("eest", "msk"), "+03:00"),
    **dict.fromkeys(("hkt", "sgt"), "+08:00"),
    **dict.fromkeys(("jst", "kst"), "+09:00"),
}
"""Names that mean one zone only: CST is in America and in China, BST in Britain and in Bangladesh."""
_TIME = re.compile(
    r"(?:^|(?:T|[ ,]+(?:(?:à|at|um|o godz\.|alle|klo?\.?|в) )?))(?P<hour>\d{1,2})[:.h時时](?P<minute>\d{2})分?"
    r"(?:[:.](?P<second>\d{2})(?:[.,]\d+)?)?"
    r"(?: ?(?P<half>[ap])\.?m\.?)?(?: ?(?:uhr|hrs?|h))?"
    r"(?: ?(?P<name>[a-z]{1,4})?(?:(?P<sign>[+-])(?P<ahead>\d{1,2}):?(?P<rest>\d{2})?)?)?$",
    re.IGNORECASE,
)
_COMPACT = re.compile(r"(?P<day>(?:19|20)\d{6})(?:[T ]?(?P<time>\d{4}(?:\d{2})?)(?P<zone>Z?))?")
_YEAR_FIRST = re.compile(r"((?:19|20)\d{2})(?:[-./年](\d{1,2})[-./月](\d{1,2})日?|(\d{2})(\d{2})(?=[T ]))")
_YEAR_LAST = re.compile(r"(\d{1,2})(?P<mark>[-./])(\d{1,2})(?P=mark)((?:19|20)?\d{2})")
_WEEKDAY = re.compile(r"^[^\W\d_]{2,10}\.?,? +(?=\d|[^\W\d_]{3,9}\.? +\d)")
_DAY_AND_MONTH = re.compile(r"(\d{1,2})(?:st|nd|rd|th|er|º|ª|\.)?[ ./-]*(?:of |de |d')?([^\W\d_]{3,12})\.?")
_MONTH_AND_DAY = re.compile(r"([^\W\d_]{3,12})\.?[ ./-]*(\d{1,2})(?:st|nd|rd|th)?")
_NAMED_YEAR = re.compile(r"[ .,/-]*(?:de )?((?:19|20)\d{2}|(?<=[./-])\d{2})(?: ?(?:г|r|roku)\.?)?")
_CTIME = re.compile(r"([^\W\d_]{3}) +(\d{1,2}) +(\d{2}:\d{2}:\d{2})(?: +([A-Z]{3}))? +((?:19|20)\d{2})")
_FIRST_DAY, _MILLISECONDS = date(1899, 12, 30), 13
_SERIALS = range(32_874, 73_416)  # 1990 to 2100, as `features.parcel.field_checks` has it
_SECONDS = range(631_152_000, 4_133_980_800)
_RECENT = range(15, 40)
"""Years of two digits that a manifest has; the other numbers of such a date are then days and months."""
_MONTHS_OF_YEAR, _NOON = 12, 12


class _Day(NamedTuple):
    """A date of digits, its year last: which of the two numbers is the day the column must show."""

    first: int
    second: int
    year: int
    mark: str
    is_short: bool
    time: str


def in_iso(texts: Iterable[str]) -> dict[str, str]:
    """Texts of one column that are dates in another spelling, as ISO 8601."""
    found: dict[str, str] = {}
    open_ones: dict[str, _Day] = {}
    for text in texts:
        plain = " ".join(unicodedata.normalize("NFKC", text).split())
        read = _read(plain)
        if isinstance(read, _Day):
            open_ones[text] = read
        elif read is not None:
            found[text] = read
    habits = _habits(open_ones.values())
    for text, day in open_ones.items():
        read = _ordered(day, habits.get(day.mark))
        if read is not None:
            found[text] = read
    return found


def is_of_digits(text: str) -> bool:
    """Whether a text is a date of digits alone, whose first number may be the day or the month."""
    return isinstance(_read(" ".join(text.split())), _Day)


def _read(text: str) -> str | _Day | None:
    if text.replace(".", "").replace(",", "").isdecimal() and (counted := _counted(text)):
        return counted
    if compact := _COMPACT.fullmatch(text):
        time = compact["time"]
        behind = f" {time[:2]}:{time[2:4]}:{time[4:] or '00'}{compact['zone']}" if time else ""
        return _iso(int(compact["day"][:4]), int(compact["day"][4:6]), int(compact["day"][6:]), behind)
    if ctime := _CTIME.fullmatch(_WEEKDAY.sub("", text, count=1)):
        text = f"{ctime[2]} {ctime[1]} {ctime[5]} {ctime[3]} {ctime[4] or ''}".strip()
    return _of_digits(text) or _named(text) or _named(_WEEKDAY.sub("", text, count=1))


def _counted(text: str) -> str | None:
    """A number of days, seconds or milliseconds as a day and a time."""
    whole, _, part = text.replace(",", ".").partition(".")
    if len(whole) == 5 and int(whole) in _SERIALS:
        seconds = round(float(f"0.{part}") * 86_400) if part else 0
        at = datetime(_FIRST_DAY.year, _FIRST_DAY.month, _FIRST_DAY.day, tzinfo=UTC)
        at += timedelta(days=int(whole), seconds=seconds)
        return at.strftime("%Y-%m-%d %H:%M:%S") if part else at.strftime("%Y-%m-%d")
    thousandths = int(whole[-3:]) if len(whole) == _MILLISECONDS else 0
    seconds = int(whole[:10])
    if part or len(whole) not in (10, _MILLISECONDS) or seconds not in _SECONDS:
        return None
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%S}.{thousandths:03}Z"


def _of_digits(text: str) -> str | _Day | None:
    if found := _YEAR_FIRST.match(text):
        time = _time(text[found.end() :])
        return None if time is None else _iso(int(found[1]), int(found[2] or found[4]), int(found[3] or found[5]), time)
    if found := _YEAR_LAST.match(text):
        time = _time(text[found.end() :])
        is_short = len(found[4]) == 2
        year = int(found[4]) + 2000 * is_short
        return None if time is None else _Day(int(found[1]), int(found[3]), year, found["mark"], is_short, time)
    return None


def _named(text: str) -> str | None:
    """A date with the name of its month."""
    for form, day_at, month_at in ((_DAY_AND_MONTH, 1, 2), (_MONTH_AND_DAY, 2, 1)):
        found = form.match(text)
        month = _month(found[month_at]) if found else None
        year = _NAMED_YEAR.match(text, found.end()) if found and month else None
        if not found or not month or not year:
            continue
        time = _time(text[year.end() :])
        short = 2000 * (len(year[1]) == 2)
        return None if time is None else _iso(int(year[1]) + short, month, int(found[day_at]), time)
    return None


def _month(name: str) -> int | None:
    return _by_name().get(_bare(name))


@cache
def _by_name() -> dict[str, int]:
    return {_bare(name): month for month, names in _MONTHS.items() for name in names.split()}


def _bare(name: str) -> str:
    letters = unicodedata.normalize("NFKD", name.casefold())
    return "".join(mark for mark in letters if not unicodedata.combining(mark)).replace("ł", "l")


def _time(text: str) -> str | None:
    """Time behind a date with its zone; "" where none is given, None where it is no time."""
    text = text.rstrip(" ,")
    if not text:
        return ""
    found = _TIME.match(text)
    if found is None:
        return None
    hour = int(found["hour"])
    if found["half"]:
        if not 1 <= hour <= _NOON:
            return None
        hour = hour % _NOON + _NOON * (found["half"].lower() == "p")
    zone = _zone(found["name"], found["sign"], found["ahead"], found["rest"])
    return None if zone is None else f" {hour:02}:{found['minute']}:{found['second'] or '00'}{zone}"


def _zone(name: str | None, sign: str | None, ahead: str | None, rest: str | None) -> str | None:
    known = _ZONES.get(name.lower()) if name else ""
    if known is None or (sign and known not in ("", "+00:00")):
        return None
    return f"{sign}{ahead:0>2}:{rest or '00'}" if sign else known


def _habits(days: Iterable[_Day]) -> dict[str, bool | None]:
    """Whether dates with a mark have the day first; None where they contradict each other or show nothing.

    A point says so by itself. A year of two digits may be in front as well, unless one of these dates has none there.
    """
    shown: dict[str, set[bool]] = {}
    days = list(days)
    has_year_behind = {day.mark for day in days if not day.is_short or day.first not in _RECENT}
    for day in days:
        is_shown = shown.setdefault(day.mark, {True} if day.mark == "." else set())
        if day.first > _MONTHS_OF_YEAR and day.mark in has_year_behind:
            is_shown.add(True)
        if day.second > _MONTHS_OF_YEAR:
            is_shown.add(False)
    return {mark: next(iter(one)) if len(one) == 1 else None for mark, one in shown.items()}


def _ordered(day: _Day, has_day_first: bool | None) -> str | None:
    if has_day_first is None or (day.is_short and day.year - 2000 not in _RECENT):
        return None
    first, second = (day.first, day.second) if has_day_first else (day.second, day.first)
    return _iso(day.year, second, first, day.time)


def _iso(year: int, month: int, day: int, time: str) -> str | None:
    try:
        return f"{date(year, month, day).isoformat()}{time}"
    except ValueError:
        return None
