"""Write rows as XML, column by column: a tree of places becomes one text expression."""

from __future__ import annotations

import re
from typing import BinaryIO

import polars as pl

from features.sources.cells import ROW
from features.sources.leaves import Leaf
from features.sources.markup import Shape

_ESCAPES = {"&": "&amp;", "<": "&lt;", ">": "&gt;", "\r": "&#13;"}
_KEYED = re.compile(r"^(\w+)\[(\w+)\]$")
_Tree = dict[str, "Leaf | _Tree"]


def write_items(
    rows: pl.DataFrame,
    file: BinaryIO,
    shape: Shape,
    leaves: tuple[Leaf, ...],
    piece_leaves: tuple[Leaf, ...] = (),
    attributes: str = "",
) -> None:
    """Write a message with one item per row; what is null is left out, like what no leaf takes up."""
    pieces = _pieces(rows, shape, piece_leaves) if piece_leaves else pl.Series([""]).new_from_index(0, rows.height)
    body = rows.with_columns(pieces.alias("_pieces")).select(
        pl.concat_str(
            pl.lit(f"<{shape.item}>"), *_elements(_tree(leaves), shape), "_pieces", pl.lit(f"</{shape.item}>\n")
        )
    )
    root = shape.root[0]
    file.write(f'<?xml version="1.0" encoding="UTF-8"?>\n<{root}{attributes}>\n'.encode())
    for text in body.to_series():
        file.write(text.encode())
    file.write(f"</{root}>\n".encode())


def _pieces(rows: pl.DataFrame, shape: Shape, leaves: tuple[Leaf, ...]) -> pl.Series:
    long = rows.select("pieces").with_row_index(ROW).explode("pieces", empty_as_null=False, keep_nulls=False)
    texts = long.unnest("pieces").select(
        ROW,
        pl.concat_str(pl.lit(f"<{shape.piece}>"), *_elements(_tree(leaves), shape), pl.lit(f"</{shape.piece}>")).alias(
            "text"
        ),
    )
    joined = texts.group_by(ROW, maintain_order=True).agg(pl.col("text").str.join(""))
    every = rows.select(pl.int_range(pl.len(), dtype=pl.UInt32).alias(ROW))
    return every.join(joined, on=ROW, how="left", maintain_order="left")["text"].fill_null("")


def _tree(leaves: tuple[Leaf, ...]) -> _Tree:
    tree: _Tree = {}
    for one in leaves:
        if not one.is_written or one.path.startswith("^"):
            continue
        *groups, name = one.path.split("/")
        place = tree
        for group in groups:
            below = place.setdefault(group, {})
            if isinstance(below, Leaf):
                raise ValueError(f"{one.path}: {group} is a text, not a group")
            place = below
        place[name] = one
    return tree


def _elements(tree: _Tree, shape: Shape) -> list[pl.Expr]:
    return [
        _leaf(name, below, shape) if isinstance(below, Leaf) else _group(name, _elements(below, shape))
        for name, below in tree.items()
    ]


def _group(name: str, inside: list[pl.Expr]) -> pl.Expr:
    text = pl.concat_str(inside)
    return (
        pl.when(text != "").then(pl.concat_str(pl.lit(f"<{name}>"), text, pl.lit(f"</{name}>"))).otherwise(pl.lit(""))
    )


def _leaf(name: str, one: Leaf, shape: Shape) -> pl.Expr:
    text = one.text().str.replace_many(list(_ESCAPES), list(_ESCAPES.values()))
    before, behind = f"<{name}>", f"</{name}>"
    if keyed := _KEYED.match(name):
        kind, content = shape.keyed[keyed[1]]
        before = f"<{keyed[1]}><{content}>"
        behind = f"</{content}><{kind}>{keyed[2]}</{kind}></{keyed[1]}>"
    return pl.when(text.is_not_null()).then(pl.concat_str(pl.lit(before), text, pl.lit(behind))).otherwise(pl.lit(""))
