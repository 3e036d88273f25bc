"""A forest of decision trees as flat arrays, and its own evaluation, equal to LightGBM's and cheap for one row."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from features.bundle import kernel
from features.bundle.trees import fields_of_trees
from features.declared.declare import Floats

Integers = np.ndarray[tuple[int, ...], np.dtype[np.int32]]
Signed = np.ndarray[tuple[int, ...], np.dtype[np.int64]]
Unsigned = np.ndarray[tuple[int, ...], np.dtype[np.uint32]]

MOST_PATTERNS = 8_000_000
"""Numbers in all tables together: 64 MB. Twelve features on each of 2,000 paths would fill them."""
_CATEGORICAL, _DEFAULT_LEFT = 1, 2
_ZERO, _NAN = 1, 2
"""Bits of LightGBM's decision type, and the missing types in the bits above them."""
_ROWS = 500
"""Rows evaluated at once, some milliseconds: other threads run in between."""


class NotUnderstoodError(ValueError):
    """The forest uses what this evaluation does not know; LightGBM has to evaluate it."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Forest:
    """Splits and leaves of all trees, numbered through; see `features.bundle.kernel` for their layout.

    Attributes
    ----------
    width:
        Columns that a row has at least.
    node_covers, leaf_covers:
        Training rows that came by.
    """

    width: int
    nodes: Integers
    thresholds: Floats
    words: Unsigned
    roots: Integers
    leaves: Floats
    node_covers: Floats
    leaf_covers: Floats

    @classmethod
    def of(cls, text: str, columns: Sequence[int]) -> Forest:
        """Read a model text that was `features.bundle.trees.checked`.

        Parameters
        ----------
        columns:
            Where a row to be scored holds each of the model's features.

        Raises
        ------
        NotUnderstoodError
            When a split is of an unknown kind.
        """
        parts, n_nodes, n_leaves, n_words = [], 0, 0, 0
        for fields in fields_of_trees(text):
            part = _tree(fields, columns, n_nodes, n_leaves, n_words)
            n_nodes, n_leaves = n_nodes + part.thresholds.size, n_leaves + part.leaves.size
            n_words += part.words.size
            parts.append(part)
        arrays = ("nodes", "thresholds", "words", "roots", "leaves", "node_covers", "leaf_covers")
        return cls(
            width=max(columns) + 1,
            **{name: np.ascontiguousarray(np.concatenate([getattr(part, name) for part in parts])) for name in arrays},
        )

    def n_leaves(self) -> list[int]:
        """Leaves of each tree: one more than it has splits."""
        first = np.where(self.roots < 0, ~self.roots, self.roots + np.arange(self.roots.size))
        n_leaves: list[int] = np.diff(first, append=self.leaves.size).tolist()
        return n_leaves

    def raw(self, values: Floats) -> Floats:
        """Sum of the leaves that each row reaches, shape ``(n,)``: ``Booster.predict(raw_score=True)`` to the bit."""
        rows = _rows(values, self.width)
        out = np.empty(rows.shape[0])
        for start in range(0, rows.shape[0], _ROWS):
            block = slice(start, start + _ROWS)
            kernel.raw(rows[block], self.nodes, self.thresholds, self.words, self.roots, self.leaves, out[block])
        return out


@dataclass(frozen=True, kw_only=True, eq=False)
class Patterns:
    """SHAP values of a forest, by tables of every pattern of the features on the path to each leaf."""

    forest: Forest
    links: Unsigned
    order: Unsigned
    starts: Unsigned
    columns: Unsigned
    factors: Floats
    tables: Floats

    @classmethod
    def of(cls, forest: Forest) -> Patterns:
        """Build the tables.

        Raises
        ------
        NotUnderstoodError
            When a path holds more than twelve distinct features, the tables would be too large, or no row came by.
        """
        if min(forest.leaf_covers.min(), forest.node_covers.min(initial=1.0)) <= 0:
            raise NotUnderstoodError("a split or leaf without training rows has no share of them")
        above = _above(forest)
        slots, sizes = np.empty_like(above[0]), np.empty_like(above[1])
        kernel.number_slots(forest.nodes, *above, slots, sizes)
        order = np.argsort(sizes, kind="stable").astype(np.uint32)
        starts = _starts(sizes[order])
        n_slots, n_patterns = starts[-1].tolist()
        columns, factors, tables = np.empty(n_slots, dtype=np.uint32), np.empty((n_slots, 2)), np.empty(n_patterns)
        given = (forest.node_covers, forest.leaf_covers, forest.leaves, order, starts)
        kernel.fill(forest.nodes, *above, slots, *given, columns, factors, tables)
        return cls(
            forest=forest,
            links=_links(forest.nodes, slots),
            order=order,
            starts=starts,
            columns=columns,
            factors=factors,
            tables=tables,
        )

    def contributions(self, values: Floats) -> Floats:
        """What each column contributes to the raw score of each row, shape ``(n, k)``."""
        rows, of = _rows(values, self.forest.width), self.forest
        out = np.zeros(rows.shape)
        found = (self.links, self.order, self.starts, self.columns, self.factors, self.tables)
        for start in range(0, rows.shape[0], _ROWS):
            block = slice(start, start + _ROWS)
            kernel.contributions(rows[block], of.nodes, of.thresholds, of.words, *found, out[block])
        return out


def _rows(values: Floats, width: int) -> Floats:
    """Rows as the kernel reads them; it does not look at bounds."""
    if values.ndim != 2 or values.shape[1] < width:
        raise ValueError(f"rows of {values.shape[-1]} columns; the model reads column {width - 1}.")
    return np.ascontiguousarray(values, dtype=np.float64)


def _tree(fields: dict[str, str], columns: Sequence[int], n_nodes: int, n_leaves: int, n_words: int) -> Forest:
    """One tree, its nodes, leaves and words numbered behind those of the trees before it."""
    types, thresholds = _integers(fields, "decision_type"), _floats(fields, "threshold")
    nodes = np.zeros((types.size, 6), dtype=np.int32)
    nodes[:, kernel.COLUMN] = np.asarray(columns, dtype=np.int32)[_integers(fields, "split_feature")]
    nodes[:, kernel.KIND] = _kinds(types, thresholds)
    for side, name in ((kernel.LEFT, "left_child"), (kernel.RIGHT, "right_child")):
        children = _integers(fields, name)
        nodes[:, side] = np.where(children < 0, children - n_leaves, children + n_nodes)
    words: Unsigned = np.zeros(0, dtype=np.uint32)
    if fields["num_cat"] != "0":
        words = _integers(fields, "cat_threshold").astype(np.uint32)
        bounds, sets = _integers(fields, "cat_boundaries"), np.flatnonzero(types & _CATEGORICAL)
        index = thresholds[sets].astype(np.int64)
        nodes[sets, kernel.WORD] = n_words + bounds[index]
        nodes[sets, kernel.N_WORDS] = bounds[index + 1] - bounds[index]
    return Forest(
        width=0,
        nodes=nodes,
        thresholds=thresholds,
        words=words,
        roots=np.array([n_nodes if types.size else -1 - n_leaves], dtype=np.int32),
        leaves=_floats(fields, "leaf_value"),
        node_covers=_floats(fields, "internal_count"),
        leaf_covers=_floats(fields, "leaf_count"),
    )


def _kinds(types: Signed, thresholds: Floats) -> Signed:
    """What the kernel asks at each split; LightGBM's decision type says which values are missing, and where they go."""
    missing, is_default_left = types >> 2, types & _DEFAULT_LEFT != 0
    if np.any(missing > _NAN):
        raise NotUnderstoodError("a split with an unknown kind of missing values")
    zero_left = np.where(missing == _ZERO, is_default_left, thresholds >= 0)
    nan_left = np.where(missing == _NAN, is_default_left, zero_left)
    numbers = zero_left * kernel.ZERO_LEFT | nan_left * kernel.NAN_LEFT
    return np.where(types & _CATEGORICAL, kernel.CATEGORICAL, numbers)


def _above(forest: Forest) -> tuple[Integers, Integers]:
    """The split that each node, and each leaf, hangs from; -1 where there is none."""
    above = np.full(forest.nodes.shape[0], -1, dtype=np.int32)
    leaf_above = np.full(forest.leaves.size, -1, dtype=np.int32)
    for side in (kernel.LEFT, kernel.RIGHT):
        children, parents = forest.nodes[:, side], np.arange(forest.nodes.shape[0], dtype=np.int32)
        inner = children >= 0
        above[children[inner]] = parents[inner]
        leaf_above[~children[~inner]] = parents[~inner]
    return above, leaf_above


def _starts(sizes: Integers) -> Unsigned:
    """Where the features and the table of each leaf begin, and where the last ends."""
    if sizes.max() > kernel.MOST_FEATURES:
        raise NotUnderstoodError(f"a path of more than {kernel.MOST_FEATURES} distinct features has too many patterns")
    patterns = np.where(sizes > 0, 1 << sizes.astype(np.int64), 0)
    if patterns.sum() > MOST_PATTERNS:
        raise NotUnderstoodError(f"tables of {patterns.sum():,} patterns; at most {MOST_PATTERNS:,} are built")
    starts = np.zeros((sizes.size + 1, 2), dtype=np.uint32)
    starts[1:] = np.cumsum(np.column_stack([sizes, patterns]), axis=0)
    return starts


def _links(nodes: Integers, slots: Integers) -> Unsigned:
    """Where the kernel puts the patterns of the children of each split, and the slot of its feature."""
    links = np.empty((nodes.shape[0], 3), dtype=np.uint32)
    for index, side in enumerate((kernel.LEFT, kernel.RIGHT)):
        children = nodes[:, side]
        links[:, index] = np.where(children < 0, nodes.shape[0] + ~children, children)
    links[:, 2] = slots
    return links


def _integers(fields: dict[str, str], name: str) -> Signed:
    return np.array([int(value) for value in fields[name].split()], dtype=np.int64)


def _floats(fields: dict[str, str], name: str) -> Floats:
    return np.array([float(value) for value in fields[name].split()], dtype=np.float64)
