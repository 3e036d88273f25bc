"""The source of the row kernel, written from the declarations: equal declarations give equal bytes.

One function for each feature, as it is declared; functions that fill some columns of a row; and ``fill``, which goes
through the rows. History parts are put together once for all entities that have the same ones.
"""

from __future__ import annotations

import inspect
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache

from features.compiled.functions import Collected, DeclarationError, passes_on
from features.declared.declare import Feature, Function, HistoryPart
from features.facts import column_of
from features.history import Entity, kernel

HEAD = '"""Generated from the declarations of features."""\n\nimport math\n\nfrom features.processor import njit\n\n'
NJIT = 'njit(error_model="numpy", no_cpython_wrapper=True, no_cfunc_wrapper=True)'
PARENT, HUB = "parent_", "hub_"
READABLE = (*kernel.READ, *(f"{HUB}{name}" for name in kernel.READ))
"""What functions may read of an entity: of one that is no hub, and behind ``hub_`` of one that is."""
_AT_ONCE = 24  # features in one function: LLVM takes more than twice as long for one of twice the length
_KNOWN = "".join(
    f"@{NJIT}\ndef {name}(present, word):\n    return float(word) if {condition} else math.nan\n\n\n"
    for name, condition in (
        ("_known", f"present == {kernel.PERSON}"),
        ("_of_hub", f"present == {kernel.HUB}"),
        ("_of_either", "present != 0"),
    )
)


@dataclass(frozen=True, kw_only=True)
class Declarations:
    """What the columns of a row are, in order: features, the parts of each entity, what entities say together.

    Attributes
    ----------
    parts:
        All history parts by name, those of `entities` and those that are read of a parent.
    """

    features: Sequence[Feature]
    entities: Sequence[tuple[Entity, Sequence[HistoryPart]]]
    parts: Mapping[str, HistoryPart]
    together: Sequence[Function]


def source_of(declarations: Declarations) -> str:
    """Source of a module with the function ``fill(facts, out, *reads)``; one matrix read for each entity.

    Raises
    ------
    DeclarationError
        When a parameter names nothing that can be read, or two functions have one name.
    """
    return HEAD + body_of(declarations)


def body_of(declarations: Declarations) -> str:
    """Return the source without its imports: it uses ``math`` and ``njit``."""
    writer = _Writer(declarations)
    rows = writer.rows()
    return "\n\n".join([writer.functions.text(f"@{NJIT}"), _KNOWN, *writer.fillers, rows])


@dataclass
class _Writer:
    declarations: Declarations
    functions: Collected = field(default_factory=Collected)
    fillers: list[str] = field(default_factory=list)
    _of_parts: dict[tuple[str, ...], tuple[str, list[str]]] = field(default_factory=dict)

    def rows(self) -> str:
        """Write the function that goes through the rows."""
        entities = [entity for entity, _ in self.declarations.entities]
        reads = [f"read_{entity.name}" for entity in entities]
        signature = ", ".join(["f8[:, ::1]"] * 2 + ["i8[:, ::1]"] * len(reads))
        lines = [
            f'@njit("void({signature})", cache=True, error_model="numpy")',
            f"def fill({', '.join(['facts', 'out', *reads])}):",
            "    for i in range(out.shape[0]):",
            *(f"        {line}" for line in [*self._features(), *self._histories(), *self._together()] or ["pass"]),
        ]
        return "\n".join(lines) + "\n"

    def _features(self) -> list[str]:
        lines = []
        features = self.declarations.features
        for start in range(0, len(features), _AT_ONCE):
            name = f"_features_{start // _AT_ONCE}"
            calls = [
                f"out[i, {start + index}] = {self._call(one.function, {})}"
                for index, one in enumerate(features[start : start + _AT_ONCE])
                if one.function is not None
            ]
            self._filler(name, "facts, out, i", calls)
            lines.append(f"{name}(facts, out, i)")
        return lines

    def _histories(self) -> list[str]:
        """Write calls that fill the columns of each entity, and before them what is needed of its parents."""
        lines: list[str] = []
        shares: set[str] = set()
        width = len(self.declarations.together) + sum(len(parts) for _, parts in self.declarations.entities)
        for entity, parts in self.declarations.entities:
            name, of_parent = self._filler_of(parts)
            given = [self._share(entity.parent, part, lines, shares) for part in of_parent]
            # Counted from the end, because numba compiles a function anew for every number that is written into a call.
            arguments = ", ".join(["facts", f"read_{entity.name}", *given, "out", "i", f"out.shape[1] - {width}"])
            lines.append(f"{name}({arguments})")
            width -= len(parts)
        return lines

    def _filler_of(self, parts: Sequence[HistoryPart]) -> tuple[str, list[str]]:
        """Name of the function that fills the columns of `parts`, and the parts that it reads of the parent."""
        key = tuple(part.name for part in parts)
        if key not in self._of_parts:
            name = f"_history_{len(self._of_parts)}"
            read = dict.fromkeys(name for part in parts for name in _read_by(part).values())
            of_parent = [one for one in read if one.startswith(PARENT)]
            values = {one: one for one in of_parent} | {one: f"_{one}" for one in read if one in READABLE}
            lines = [f"_{one} = {_of('', one)}" for one in read if one in READABLE]
            lines += [f"out[i, at + {index}] = {self._value(part, values)}" for index, part in enumerate(parts)]
            self._filler(name, ", ".join(["facts", "read", *of_parent, "out", "i", "at"]), lines)
            self._of_parts[key] = name, [one.removeprefix(PARENT) for one in of_parent]
        return self._of_parts[key]

    def _share(self, entity: str | None, part: str, lines: list[str], known: set[str]) -> str:
        """Value of `part` for an entity, worked out in `lines` where it is not `known` yet; NaN without an entity."""
        if entity is None:
            return "math.nan"
        name = f"{part}_of_{entity}"
        if name not in known:
            declared = self.declarations.parts[part]
            parent = next(one.parent for one, _ in self.declarations.entities if one.name == entity)
            values = {one: _of(entity, one) for one in _read_by(declared).values() if one in READABLE}
            for one in _read_by(declared).values():
                if one.startswith(PARENT):
                    values[one] = self._share(parent, one.removeprefix(PARENT), lines, known)
            lines.append(f"{name} = {self._value(declared, values)}")
            known.add(name)
        return name

    def _together(self) -> list[str]:
        start = len(self.declarations.features) + sum(len(parts) for _, parts in self.declarations.entities)
        values = {
            f"{entity.name}_{name}": _of(entity.name, name)
            for entity, _ in self.declarations.entities
            for name in READABLE
        }
        return [
            f"out[i, {start + index}] = {self._call(function, values)}"
            for index, function in enumerate(self.declarations.together)
        ]

    def _value(self, part: HistoryPart, values: Mapping[str, str]) -> str:
        """Call of a part's function with the given expressions for what it reads, else with facts."""
        read = _read_by(part)
        return self._call(part.function, {one: values[name] for one, name in read.items() if name in values})

    def _call(self, function: Function, values: Mapping[str, str]) -> str:
        """Call of `function` with the given expressions for its parameters, else with facts."""
        arguments = [values.get(name) or _fact(name, function) for name in parameters(function)]
        if passes_on(function):
            return arguments[0]
        self.functions.add(function)
        return f"{function.__name__}({', '.join(arguments)})"

    def _filler(self, name: str, arguments: str, lines: Sequence[str]) -> None:
        body = "\n".join(f"    {line}" for line in lines or ["pass"])
        self.fillers.append(f"@{NJIT}\ndef {name}({arguments}):\n{body}\n")


@cache
def parameters(function: Function) -> tuple[str, ...]:
    """Names of what a function reads."""
    return tuple(inspect.signature(function).parameters)


def _read_by(part: HistoryPart) -> dict[str, str]:
    """Name of what each parameter of a part reads."""
    return {parameter: part.reads(parameter) for parameter in parameters(part.function)}


def _of(entity: str, name: str) -> str:
    read, word = f"read_{entity}" if entity else "read", name.removeprefix(HUB)
    how = "_of_hub" if name.startswith(HUB) else "_of_either" if word == "parties" else "_known"
    return f"{how}({read}[i, 0], {read}[i, {kernel.READ.index(word)}])"


def _fact(name: str, function: Function) -> str:
    column = column_of(name)
    if column is None:
        raise DeclarationError(
            f"{function.__module__}.{function.__name__}: its parameter {name!r} is no fact of a parcel and nothing "
            "that is known of an entity. See features.declared.declare for what a parameter may name."
        )
    return f"facts[i, {column}]"
