"""Model text is checked before LightGBM reads it: a damaged one ends its process instead of raising an error.

LightGBM parses trees in threads from which its errors do not come back, and follows the children of a node wherever
they point. So the header and every tree are checked here, number by number, and what follows the trees, which no
score needs, is not handed on.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from itertools import accumulate, pairwise

_INTEGERS = re.compile(r"-?[0-9]{1,10}(?: -?[0-9]{1,10})*", re.ASCII)
_NUMBER = r"-?(?:inf|[0-9]{1,20}(?:\.[0-9]{1,30})?(?:e[+-]?[0-9]{1,3})?)"
_NUMBERS = re.compile(rf"{_NUMBER}(?: {_NUMBER})*", re.ASCII)
_END = "end of trees\n"
_HEADER = {"version": "v4", "num_class": "1", "num_tree_per_iteration": "1", "objective": "binary sigmoid:1"}
_HEADER_NAMES = {*_HEADER, "label_index", "max_feature_idx", "feature_names", "feature_infos", "tree_sizes"}
_HEADER_NAMES |= {"monotone_constraints"}
_IN_NODES = {"split_feature": _INTEGERS, "split_gain": _NUMBERS, "threshold": _NUMBERS, "decision_type": _INTEGERS}
_IN_NODES |= {"left_child": _INTEGERS, "right_child": _INTEGERS, "internal_value": _NUMBERS}
_IN_NODES |= {"internal_weight": _NUMBERS, "internal_count": _INTEGERS}
_IN_LEAVES = {"leaf_value": _NUMBERS, "leaf_weight": _NUMBERS, "leaf_count": _INTEGERS}
_TREE_NAMES = {*_IN_NODES, *_IN_LEAVES, "num_leaves", "num_cat", "cat_boundaries", "cat_threshold", "is_linear"}
_TREE_NAMES |= {"shrinkage"}
_MOST_LEAVES = 100_000


def checked(text: str, features: tuple[str, ...]) -> str:
    """Header and trees of a model over `features`, in their order.

    Raises
    ------
    ValueError
        When they are not those of such a model.
    """
    body, end, _ = text.partition(_END)
    if not end or not body.startswith("tree\n"):
        raise ValueError("no trees")
    head, blank, trees = body.removeprefix("tree\n").partition("\n\n")
    sizes = _check_header(_fields(head, _HEADER_NAMES), features)
    if not blank or sum(sizes) != len(trees) or not trees.isascii():
        raise ValueError("trees of other sizes")
    for number, tree in enumerate(_cut(trees, sizes)):
        _check_tree(tree, number, len(features))
    return body + end


def fields_of_trees(text: str) -> list[dict[str, str]]:
    """Lines of each tree of a `checked` text, by name."""
    head, _, trees = text.removesuffix(_END).removeprefix("tree\n").partition("\n\n")
    sizes = _integers(_fields(head, _HEADER_NAMES), "tree_sizes")
    return [_fields_of_tree(tree) for tree in _cut(trees, sizes)]


def _cut(trees: str, sizes: list[int]) -> Iterator[str]:
    for end, size in zip(accumulate(sizes), sizes, strict=True):
        yield trees[end - size : end]


def _check_header(header: dict[str, str], features: tuple[str, ...]) -> list[int]:
    """Lengths of the trees."""
    if any(header.get(name) != value for name, value in _HEADER.items()):
        raise ValueError("another kind of model")
    if header["feature_names"].split(" ") != list(features) or header["max_feature_idx"] != str(len(features) - 1):
        raise ValueError("other features")
    if len(header["feature_infos"].split(" ")) != len(features):
        raise ValueError("feature_infos")
    sizes = _integers(header, "tree_sizes")
    if not sizes or min(sizes) < 1:
        raise ValueError("tree_sizes")
    return sizes


def _check_tree(text: str, number: int, n_features: int) -> None:
    title = text.partition("\n")[0]
    if title != f"Tree={number}" or not text.endswith("\n"):
        raise ValueError("not a tree")
    tree = _fields_of_tree(text)
    (n_leaves,), (n_categorical,) = _integers(tree, "num_leaves"), _integers(tree, "num_cat")
    if not 1 <= n_leaves <= _MOST_LEAVES or tree["is_linear"] != "0":
        raise ValueError("num_leaves")
    for names, n in ((_IN_NODES, n_leaves - 1), (_IN_LEAVES, n_leaves)):
        for name, pattern in names.items():
            # LightGBM gives no weight of a leaf that is the whole tree.
            _check_numbers(tree[name], pattern, 0 if name == "leaf_weight" and n_leaves == 1 else n, name)
    _check_numbers(tree["shrinkage"], _NUMBERS, 1, "shrinkage")
    if n_leaves > 1:
        _check_children(_integers(tree, "left_child"), _integers(tree, "right_child"))
        _check_splits(tree, n_categorical, n_features)


def _check_children(left: list[int], right: list[int]) -> None:
    """Every node but the first, and every leaf, is the child of one earlier node: a tree without circles."""
    n = len(left)
    if sorted((*left, *right)) != [*range(-n - 1, 0), *range(1, n)]:
        raise ValueError("children")
    if any(0 <= child <= node for side in (left, right) for node, child in enumerate(side)):
        raise ValueError("a circle of nodes")


def _check_splits(tree: dict[str, str], n_categorical: int, n_features: int) -> None:
    if not all(0 <= column < n_features for column in _integers(tree, "split_feature")):
        raise ValueError("split_feature")
    kinds = _integers(tree, "decision_type")
    if not all(0 <= kind < 16 for kind in kinds):
        raise ValueError("decision_type")
    sets = [value for kind, value in zip(kinds, tree["threshold"].split(" "), strict=True) if kind & 1]
    if not all(index.isdigit() and int(index) < n_categorical for index in sets):
        raise ValueError("threshold")
    if n_categorical:
        bounds, masks = _integers(tree, "cat_boundaries"), _integers(tree, "cat_threshold")
        ascend = bounds[0] == 0 and all(low < high for low, high in pairwise(bounds))
        if len(bounds) != n_categorical + 1 or not ascend or bounds[-1] != len(masks):
            raise ValueError("cat_boundaries")
        if not all(0 <= mask < 2**32 for mask in masks):
            raise ValueError("cat_threshold")


def _fields_of_tree(text: str) -> dict[str, str]:
    return _fields(text.partition("\n")[2].strip("\n"), _TREE_NAMES)


def _fields(text: str, known: set[str]) -> dict[str, str]:
    """Lines of ``name=value``, each name once."""
    pairs = [line.split("=", 1) for line in text.split("\n")]
    fields = {pair[0]: pair[-1] for pair in pairs}
    if len(fields) != len(pairs) or not fields.keys() <= known or any(len(pair) < 2 for pair in pairs):
        raise ValueError("lines of other names")
    return fields


def _integers(fields: dict[str, str], name: str) -> list[int]:
    if not _INTEGERS.fullmatch(fields[name]):
        raise ValueError(name)
    return [int(value) for value in fields[name].split(" ")]


def _check_numbers(text: str, pattern: re.Pattern[str], n: int, name: str) -> None:
    values = text.split(" ") if text else []
    if len(values) != n or (text and not pattern.fullmatch(text)):
        raise ValueError(name)
    if name == "leaf_value" and not all(math.isfinite(float(value)) for value in values):
        raise ValueError(name)
