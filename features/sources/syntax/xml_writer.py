"""Write rows as XML, column by column: a tree of paths becomes one text expression."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import BinaryIO

import polars as pl

from features.sources.syntax.xml_paths import Shape

_ESCAPES = {"&": "&amp;", "<": "&lt;", ">": "&gt;", "\r": "&#13;"}
_KEYED = re.compile(r"^(\w+)\[(\w+)\]$")
_ROW = "_row"
_Tree = dict[str, "pl.Expr | _Tree"]


def write_items(
    rows: pl.DataFrame,
    file: BinaryIO,
    shape: Shape,
    texts: Mapping[str, pl.Expr],
    piece_texts: Mapping[str, pl.Expr] | None = None,
    attributes: str = "",
) -> None:
    """Write a message with one item per row: a text for every path; what is null is left out."""
    pieces = _pieces(rows, shape, piece_texts) if piece_texts else pl.Series([""]).new_from_index(0, rows.height)
    body = rows.with_columns(pieces.alias("_pieces")).select(
        pl.concat_str(
            pl.lit(f"<{shape.item}>"), *_elements(_tree(texts), shape), "_pieces", pl.lit(f"</{shape.item}>\n")
        )
    )
    root = shape.root[0]
    file.write(f'<?xml version="1.0" encoding="UTF-8"?>\n<{root}{attributes}>\n'.encode())
    for text in body.to_series():
        file.write(text.encode())
    file.write(f"</{root}>\n".encode())


def _pieces(rows: pl.DataFrame, shape: Shape, texts: Mapping[str, pl.Expr]) -> pl.Series:
    long = rows.select("pieces").with_row_index(_ROW).explode("pieces", empty_as_null=False, keep_nulls=False)
    written = long.unnest("pieces").select(
        _ROW,
        pl.concat_str(pl.lit(f"<{shape.piece}>"), *_elements(_tree(texts), shape), pl.lit(f"</{shape.piece}>")).alias(
            "text"
        ),
    )
    joined = written.group_by(_ROW, maintain_order=True).agg(pl.col("text").str.join(""))
    every = rows.select(pl.int_range(pl.len(), dtype=pl.UInt32).alias(_ROW))
    return every.join(joined, on=_ROW, how="left", maintain_order="left")["text"].fill_null("")


def _tree(texts: Mapping[str, pl.Expr]) -> _Tree:
    tree: _Tree = {}
    for path, text in texts.items():
        *groups, name = path.split("/")
        node = tree
        for group in groups:
            below = node.setdefault(group, {})
            if isinstance(below, pl.Expr):
                raise ValueError(f"{path}: {group} is a text, not a group")
            node = below
        node[name] = text
    return tree


def _elements(tree: _Tree, shape: Shape) -> list[pl.Expr]:
    return [
        _element(name, below, shape) if isinstance(below, pl.Expr) else _group(name, _elements(below, shape))
        for name, below in tree.items()
    ]


def _group(name: str, inside: list[pl.Expr]) -> pl.Expr:
    text = pl.concat_str(inside)
    return (
        pl.when(text != "").then(pl.concat_str(pl.lit(f"<{name}>"), text, pl.lit(f"</{name}>"))).otherwise(pl.lit(""))
    )


def _element(name: str, text: pl.Expr, shape: Shape) -> pl.Expr:
    escaped = text.str.replace_many(list(_ESCAPES), list(_ESCAPES.values()))
    before, behind = f"<{name}>", f"</{name}>"
    if keyed := _KEYED.match(name):
        kind, content = shape.keyed[keyed[1]]
        before = f"<{keyed[1]}><{content}>"
        behind = f"</{content}><{kind}>{keyed[2]}</{kind}></{keyed[1]}>"
    return (
        pl.when(escaped.is_not_null())
        .then(pl.concat_str(pl.lit(before), escaped, pl.lit(behind)))
        .otherwise(pl.lit(""))
    )
