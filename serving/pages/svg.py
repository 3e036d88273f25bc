"""Pictures as shapes of our own: columns, points with intervals, lines, bands between two sides, and a grid of shares.

A picture is drawn by `picture.html` with a table of the same figures next to it. Colours are classes of the style
sheet, so that every theme has its own; what a colour says is written as well.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from features.text import figure, text
from policy.estimates import Interval
from serving.pages.tables import Table

WIDTH, HEIGHT = 720, 320
LEFT, RIGHT, TOP, BOTTOM = 70, 20, 30, 60
_PLOT_W, _PLOT_H = WIDTH - LEFT - RIGHT, HEIGHT - TOP - BOTTOM
_FLOOR = HEIGHT - BOTTOM
_LETTER = 8.5
"""Width of a letter at most; names may be longer in another language than in English."""


@dataclass(frozen=True, kw_only=True)
class Box:
    """A filled rectangle with a class of the style sheet, and what it says to who points at it."""

    x: float
    y: float
    w: float
    h: float
    css: str
    says: str = ""


@dataclass(frozen=True, kw_only=True)
class Path:
    """A line or an area: the ``d`` of SVG, and a class of the style sheet."""

    d: str
    css: str
    says: str = ""


@dataclass(frozen=True, kw_only=True)
class Text:
    """Words at a point."""

    x: float
    y: float
    words: str
    anchor: str = "middle"


@dataclass(frozen=True, kw_only=True)
class Picture:
    """A picture: a title that says what it shows, shapes, and the table next to it."""

    title: str
    table: Table
    width: int = WIDTH
    height: int = HEIGHT
    boxes: list[Box] = field(default_factory=list)
    paths: list[Path] = field(default_factory=list)
    texts: list[Text] = field(default_factory=list)


def columns(
    title: str, table: Table, values: Sequence[float], labels: Sequence[str], *, edge_labels: bool = False
) -> Picture:
    """Columns side by side; with `edge_labels` there is one label more, and they are between the columns."""
    most = max([*values, 1e-12])
    step = _PLOT_W / max(1, len(values))
    boxes = [
        Box(
            x=LEFT + step * n + 2,
            y=_up(value, most),
            w=step - 4,
            h=_FLOOR - _up(value, most),
            css="p-main",
            says=f"{value:g}",
        )
        for n, value in enumerate(values)
    ]
    shift = 0.0 if edge_labels else 0.5
    texts = [Text(x=LEFT + step * (n + shift), y=_FLOOR + 20, words=label) for n, label in enumerate(labels)]
    return Picture(title=title, table=table, boxes=boxes, paths=[_axis()], texts=[*texts, *_scale(most)])


def upright(picture: Picture, part: float, words: str) -> Picture:
    """The same with a line at a part, 0..1, of its width, and words at its top."""
    x = LEFT + part * _PLOT_W
    line = Path(d=f"M{x:.1f} {TOP}V{_FLOOR}", css="p-cut", says=words)
    anchor = "end" if part > 0.6 else "start"
    return _with(
        picture, paths=[line], texts=[Text(x=x + (-6 if part > 0.6 else 6), y=TOP - 8, words=words, anchor=anchor)]
    )


def points(
    title: str, table: Table, series: Sequence[tuple[str, str, Sequence[Interval | None]]], labels: Sequence[str]
) -> Picture:
    """Points with their intervals, by series: name, class of the style sheet (``p-main`` or ``p-act``), values."""
    everything = [one for _, _, values in series for one in values if one is not None]
    most = max(
        [min(one.high, 4 * max(one.value, 1e-9)) if one.value == one.value else 0.0 for one in everything] or [0.0]
    )
    most = max(most, *[one.value for one in everything if one.value == one.value], 1e-9)
    step = _PLOT_W / max(1, len(labels))
    each = 1 if len(labels) <= 8 else 2  # so that none covers the next
    shown = [(n, label) for n, label in enumerate(labels) if n % each == 0]
    texts = [Text(x=LEFT + step * (n + 0.5), y=_FLOOR + 20, words=label) for n, label in shown]
    paths = [_axis()]
    for number, (name, css, values) in enumerate(series):
        offset = step * (0.5 + 0.16 * (number - (len(series) - 1) / 2))
        for n, one in enumerate(values):
            if one is not None and one.value == one.value:
                paths += _point(LEFT + step * n + offset, one, most, css, is_square=bool(number))
        if name:
            sign = "■" if number else "●"
            texts.append(
                Text(
                    x=LEFT + 10 + 220 * number,
                    y=TOP - 12,
                    words=text("{sign} {name}", sign=sign, name=name),
                    anchor="start",
                )
            )
    return Picture(title=title, table=table, paths=paths, texts=[*texts, *_scale(most, is_share=most <= 1.0)])


def _point(x: float, one: Interval, most: float, css: str, *, is_square: bool) -> list[Path]:
    y, low, high = _up(one.value, most), _up(one.low, most), _up(min(one.high, most), most)
    says = text("{value:.3g} ({low:.3g} to {high:.3g})", value=one.value, low=one.low, high=one.high)
    mark = (
        f"M{x - 5:.1f} {y - 5:.1f}h10v10h-10z" if is_square else f"M{x - 6:.1f} {y:.1f}a6 6 0 1 0 12 0a6 6 0 1 0 -12 0z"
    )
    return [Path(d=f"M{x:.1f} {high:.1f}V{low:.1f}", css=f"{css} p-line"), Path(d=mark, css=css, says=says)]


def level(picture: Picture, value: float, most: float, words: str) -> Picture:
    """The same with a line across at a value, and words at its end."""
    y = _up(value, most)
    line = Path(d=f"M{LEFT} {y:.1f}H{WIDTH - RIGHT}", css="p-cut", says=words)
    return _with(picture, paths=[line], texts=[Text(x=WIDTH - RIGHT, y=y - 6, words=words, anchor="end")])


@dataclass(frozen=True, kw_only=True)
class Band:
    """Something between two sides: how much, and a class of the style sheet."""

    left: str
    right: str
    n: float
    css: str
    says: str


def bands(title: str, table: Table, given: Sequence[Band]) -> Picture:
    """Bands from the names on the left to those on the right, each as broad as what it carries."""
    total = sum(one.n for one in given) or 1.0
    names = [list(dict.fromkeys(getattr(one, side) for one in given)) for side in ("left", "right")]
    height = max(HEIGHT, 40 * max(map(len, [*names, [""]])) + TOP)
    beyond = max(0.0, _LETTER * max(len(name) for side in [*names, [""]] for name in side) - 225.0)
    room = height - 2 * TOP
    tops = [_tops(names[n], given, side, room, total) for n, side in enumerate(("left", "right"))]
    paths, boxes, used = [], [], [dict(tops[0]), dict(tops[1])]
    for one in given:
        thick = max(1.5, 0.6 * room * one.n / total)
        (y1, y2), (x1, x2) = (used[0][one.left], used[1][one.right]), (beyond + 240.0, beyond + WIDTH - 240.0)
        middle, end1, end2 = (x1 + x2) / 2, y1 + thick, y2 + thick
        there = f"M{x1} {y1:.1f}C{middle} {y1:.1f} {middle} {y2:.1f} {x2} {y2:.1f}"
        home = f"V{end2:.1f}C{middle} {end2:.1f} {middle} {end1:.1f} {x1} {end1:.1f}z"
        d = there + home
        paths.append(Path(d=d, css=f"{one.css} p-band", says=one.says))
        used[0][one.left] += thick
        used[1][one.right] += thick
    texts = []
    for side, (x, anchor) in enumerate(((beyond + 230.0, "end"), (beyond + WIDTH - 230.0, "start"))):
        for name, top in tops[side].items():
            boxes.append(
                Box(
                    x=beyond + (235 if side == 0 else WIDTH - 240),
                    y=top,
                    w=5,
                    h=max(2.0, used[side][name] - top),
                    css="p-ink",
                )
            )
            texts.append(Text(x=x, y=(top + used[side][name]) / 2 + 5, words=name, anchor=anchor))
    width = round(WIDTH + 2 * beyond)
    return Picture(title=title, table=table, width=width, height=height, paths=paths, boxes=boxes, texts=texts)


def _tops(names: Sequence[str], given: Sequence[Band], side: str, room: float, total: float) -> dict[str, float]:
    """Where the bands of each name begin: the gaps between names share what the bands leave."""
    gap, y, found = 0.4 * room / max(1, len(names)), float(TOP), {}
    for name in names:
        found[name] = y
        y += 0.6 * room * sum(one.n for one in given if getattr(one, side) == name) / total + gap
    return found


def grid(title: str, table: Table, rows: Sequence[tuple[str, Sequence[float | None]]], heads: Sequence[str]) -> Picture:
    """Shares as bars, a row of them for each name, each on a ground that stands for the whole."""
    row_h, head_h, name_w = 34, 54, 150
    cell = (WIDTH - name_w) / max(1, len(heads))
    boxes, texts = [], _heads(heads, cell, name_w)
    for n, (name, shares) in enumerate(rows):
        y = head_h + n * row_h
        texts.append(Text(x=name_w - 10, y=y + 19, words=name, anchor="end"))
        for i, share in enumerate(shares):
            x, w = name_w + i * cell, cell - 12
            boxes.append(Box(x=x, y=y, w=w, h=row_h - 10, css="p-ground"))
            if share is not None:
                boxes.append(Box(x=x, y=y, w=w * share, h=row_h - 10, css="p-main", says=figure(share, ".1%")))
    return Picture(title=title, table=table, height=head_h + row_h * max(1, len(rows)) + 10, boxes=boxes, texts=texts)


def _heads(heads: Sequence[str], cell: float, name_w: int) -> list[Text]:
    """Heads of the columns, in two lines by turns, so that none covers the next."""
    return [
        Text(x=name_w + n * cell, y=18 if n % 2 else 42, words=head, anchor="start") for n, head in enumerate(heads)
    ]


def _up(value: float, most: float) -> float:
    return _FLOOR - _PLOT_H * min(1.0, max(0.0, value / most))


def _axis() -> Path:
    return Path(d=f"M{LEFT} {TOP}V{_FLOOR}H{WIDTH - RIGHT}", css="p-axis p-line")


def _scale(most: float, *, is_share: bool = False) -> Iterable[Text]:
    for part in (0.0, 0.5, 1.0):
        words = f"{part * most:.2%}" if is_share else f"{part * most:,.3g}" if most < 1_000 else f"{part * most:,.0f}"
        yield Text(x=LEFT - 8, y=_up(part * most, most) + 5, words=words, anchor="end")


def _with(picture: Picture, *, paths: list[Path], texts: list[Text] | None = None) -> Picture:
    return Picture(
        title=picture.title,
        table=picture.table,
        width=picture.width,
        height=picture.height,
        boxes=picture.boxes,
        paths=[*picture.paths, *paths],
        texts=[*picture.texts, *(texts or [])],
    )
