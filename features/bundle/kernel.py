"""Compiled evaluation of a forest of decision trees: raw scores, and exact SHAP values by pattern tables.

Everything compiled lives in this file, because numba's cache does not see changes in other files. A row of `nodes`
holds what one split asks; a child below 0 is the leaf ``~child``. The nodes and leaves of all trees are numbered
through. A decision is LightGBM's to the bit:

- a value within `ZERO` of 0 is 0, as when LightGBM copies a row;
- NaN goes the default way where the missing type is NaN, else it is 0; 0 goes the default way where that is zero;
- a category is the value without its fraction, and goes left where its bit is set; NaN, below 0, beyond 31 bits: right.

SHAP values are those of TreeSHAP with the cover of the training rows (Lundberg et al., Nature Machine Intelligence 2,
2020). To a leaf of value ``v`` leads a path over ``d`` distinct features; ``z`` of a feature is the share of the cover
that its splits pass on. With ``A`` the features whose splits a row satisfies and ``M`` the other ones, let::

    G(M) = v * product of z over M * sum over the subsets S of A of |S|! (d - |S| - 1)! / d! * product of z over A - S

Then a feature of M contributes ``-G(M)``, and a feature of A contributes ``(1 - z) / z * G(M with it)``. So a table of
``2 ** d`` numbers per leaf, indexed by the bits of M, is all that a row needs; ``G(0)`` is never read.
"""

from __future__ import annotations

import numpy as np
from numba import njit

COLUMN, KIND, LEFT, RIGHT, WORD, N_WORDS = range(6)
"""Columns of `nodes`: the column of the value, what the split asks, the children, and where the category bits are."""
CATEGORICAL, ZERO_LEFT, NAN_LEFT = 1, 2, 4
"""Bits of a kind: the split is one of categories; else where 0 and NaN go."""
ZERO = float(np.float32(1e-35))
MOST_FEATURES = 12
"""Distinct features of a path, at most: their patterns are 4,096."""
_BEYOND_INT32 = 2147483648.0

SLOTS, TABLE = range(2)
"""Columns of `starts`: where the features and the table of a leaf begin; one row more than there are leaves."""


@njit("b1(f8, i8, f8)", cache=True)
def _is_below(value, kind, threshold):
    """Whether a number goes left. Selects instead of branches: what parcels answer cannot be predicted."""
    below = value <= threshold
    below = kind & ZERO_LEFT != 0 if abs(value) <= ZERO else below
    return kind & NAN_LEFT != 0 if value != value else below


@njit("b1(f8, i8, i8, u4[::1])", cache=True)
def _is_in(value, start, n_words, words):
    """Whether a category goes left: its bit is among the `n_words` words from `start`."""
    # False for NaN, too. What is not in 0 .. 2**31 - 1 has no bit; a value between -1 and 0 is category 0.
    if not (value > -1.0 and value < _BEYOND_INT32):
        return False
    category = np.int64(value)
    word = category >> 5
    return word < n_words and (np.int64(words[start + word]) >> (category & 31)) & 1 == 1


@njit("b1(f8, i8, i4[:, ::1], f8[::1], u4[::1])", cache=True)
def _goes_left(value, node, nodes, thresholds, words):
    """Whether `value` goes left at `node`."""
    kind = nodes[node, KIND]
    if kind & CATEGORICAL:
        return _is_in(value, nodes[node, WORD], nodes[node, N_WORDS], words)
    return _is_below(value, kind, thresholds[node])


@njit("void(f8[:, ::1], i4[:, ::1], f8[::1], u4[::1], i4[::1], f8[::1], f8[::1])", cache=True)
def raw(values, nodes, thresholds, words, roots, leaves, out):
    """Fill `out` with the sum of the leaves that each row reaches, in the order of the trees."""
    for row in range(values.shape[0]):
        total = 0.0
        for root in roots:
            node = np.int64(root)
            while node >= 0:
                value = values[row, nodes[node, COLUMN]]
                side = LEFT if _goes_left(value, node, nodes, thresholds, words) else RIGHT
                node = np.int64(nodes[node, side])
            total += leaves[~node]
        out[row] = total


@njit("i8(i8, i8, i4[:, ::1], i4[::1], i4[::1])", cache=True)
def _slot(node, column, nodes, above, slots):
    """Slot of `column` among the features of the splits from `node` upwards; the next free one where it is new."""
    free = 0
    while node >= 0:
        if nodes[node, COLUMN] == column:
            return np.int64(slots[node])
        free = max(free, slots[node] + 1)
        node = np.int64(above[node])
    return free


@njit("void(i4[:, ::1], i4[::1], i4[::1], i4[::1], i4[::1])", cache=True)
def number_slots(nodes, above, leaf_above, slots, sizes):
    """Fill `slots`, for each split the index of its feature on the path from the root, and `sizes`, features by leaf.

    `above` holds the split that each node hangs from, and `leaf_above` that of each leaf; -1 where there is none.
    """
    for node in range(nodes.shape[0]):
        slots[node] = _slot(np.int64(above[node]), np.int64(nodes[node, COLUMN]), nodes, above, slots)
    for leaf in range(leaf_above.size):
        sizes[leaf] = _slot(np.int64(leaf_above[leaf]), -1, nodes, above, slots)


@njit("void(f8[::1], i8, f8, f8[::1])", cache=True)
def _fill_table(covers, n, leaf_value, table):
    """Fill the table of one leaf: G of every pattern of missed features; `covers` are the z of its `n` features."""
    factor = np.empty(n)  # |S|! (n - |S| - 1)! / n!
    factor[0] = 1.0 / n
    for chosen in range(1, n):
        factor[chosen] = factor[chosen - 1] * chosen / (n - chosen)
    terms = np.empty(n)
    table[0] = 0.0
    for missed in range(1, 1 << n):
        product, n_met = leaf_value, 0
        terms[0] = 1.0
        for slot in range(n):
            if missed >> slot & 1:
                product *= covers[slot]
                continue
            # terms[k] is the sum over the choices of k of the features so far: product of z over the others.
            n_met += 1
            terms[n_met] = terms[n_met - 1]
            for k in range(n_met - 1, 0, -1):
                terms[k] = terms[k] * covers[slot] + terms[k - 1]
            terms[0] *= covers[slot]
        total = 0.0
        for k in range(n_met + 1):
            total += factor[k] * terms[k]
        table[missed] = product * total


@njit(
    "void(i4[:, ::1], i4[::1], i4[::1], i4[::1], f8[::1], f8[::1], f8[::1],"
    " u4[::1], u4[:, ::1], u4[::1], f8[:, ::1], f8[::1])",
    cache=True,
)
def fill(nodes, above, leaf_above, slots, node_covers, leaf_covers, leaves, order, starts, columns, factors, tables):
    """Fill `columns`, `factors` and `tables` of the leaves in their `order`, each from its row of `starts`.

    Factors are those of G for a feature whose splits are met, and for one that is missed: read from a table, because a
    branch on what a parcel answers cannot be predicted.
    """
    covers = np.empty(MOST_FEATURES)
    for index, leaf in enumerate(order):
        first, n = np.int64(starts[index, SLOTS]), np.int64(starts[index + 1, SLOTS] - starts[index, SLOTS])
        covers[:n] = 1.0
        node, cover = np.int64(leaf_above[leaf]), leaf_covers[leaf]
        while node >= 0:
            columns[first + slots[node]] = nodes[node, COLUMN]
            covers[slots[node]] *= cover / node_covers[node]
            node, cover = np.int64(above[node]), node_covers[node]
        for slot in range(n):
            factors[first + slot, 0], factors[first + slot, 1] = (1.0 - covers[slot]) / covers[slot], -1.0
        if n:
            _fill_table(covers, n, leaves[leaf], tables[starts[index, TABLE] : starts[index + 1, TABLE]])


@njit(
    "void(f8[:, ::1], i4[:, ::1], f8[::1], u4[::1], u4[:, ::1],"
    " u4[::1], u4[:, ::1], u4[::1], f8[:, ::1], f8[::1], f8[:, ::1])",
    cache=True,
)
def contributions(values, nodes, thresholds, words, links, order, starts, columns, factors, tables, out):
    """Add to `out`, which has the columns of `values`, what each column contributes to the raw score of each row.

    `links` holds for each split where the patterns of its left and its right child go (nodes first, then leaves), and
    the slot of its feature. Leaves are ordered by their number of features, so that the ends of loops can be predicted.
    """
    n_nodes = np.uint32(nodes.shape[0])
    patterns = np.zeros(n_nodes + starts.shape[0], dtype=np.uint32)
    for row in range(values.shape[0]):
        for node in range(nodes.shape[0]):
            left = np.uint32(_goes_left(values[row, nodes[node, COLUMN]], node, nodes, thresholds, words))
            # What the splits above missed, and this one's feature for the child that the row does not go to.
            pattern, slot = patterns[node], links[node, 2]
            patterns[links[node, 0]] = pattern | (left ^ np.uint32(1)) << slot
            patterns[links[node, 1]] = pattern | left << slot
        summed = out[row]
        for index in range(starts.shape[0] - 1):
            missed = patterns[n_nodes + order[index]]
            table, rest, bit = np.uint64(starts[index, TABLE]), np.uint64(missed), np.uint32(1)
            for at in range(np.uint64(starts[index, SLOTS]), np.uint64(starts[index + 1, SLOTS])):
                summed[columns[at]] += factors[at, rest & np.uint64(1)] * tables[table + np.uint64(missed | bit)]
                rest, bit = rest >> np.uint64(1), bit << np.uint32(1)
