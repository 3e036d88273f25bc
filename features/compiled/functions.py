"""The source of functions and of all that they use, found by their names."""

from __future__ import annotations

import ast
import dis
import inspect
import math
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from types import FunctionType, ModuleType
from typing import Any

from features.parcel.problems import ParcelRiskError

_BUILTINS = frozenset({"abs", "bool", "float", "int", "len", "max", "min", "range", "round"})


class DeclarationError(ParcelRiskError):
    """A feature is declared in a way that cannot be compiled."""


@dataclass
class Collected:
    """Functions and constants by name, in the order in which they were needed first."""

    functions: dict[str, FunctionType] = field(default_factory=dict)
    constants: dict[str, str] = field(default_factory=dict)

    def add(self, function: Callable[..., Any]) -> None:
        """Add a function, what it calls, and the numbers that it uses."""
        if not isinstance(function, FunctionType) or not function.__code__.co_name.isidentifier():
            raise DeclarationError(f"{function!r} is no function with a name. Declare features by `def`.")
        name = function.__name__
        if self.functions.setdefault(name, function) is not function:
            known = self.functions[name]
            raise DeclarationError(
                f"two functions are called {name}: in {known.__module__} and in {function.__module__}. Rename one."
            )
        for used in _globals_of(function):
            self._use(used, function)

    def _use(self, name: str, function: FunctionType) -> None:
        value = function.__globals__.get(name)
        if isinstance(value, FunctionType):
            if self.functions.get(name) is not value:
                self.add(value)
        elif isinstance(value, int | float | tuple):
            literal = _literal(value)
            if self.constants.setdefault(name, literal) != literal:
                raise DeclarationError(f"{function.__module__}: {name} has another value elsewhere. Rename it.")
        elif value is not math and not (value is None and name in _BUILTINS):
            kind = "module" if isinstance(value, ModuleType) else type(value).__name__
            raise DeclarationError(
                f"{function.__module__}.{function.__name__} uses {name}, a {kind}. A feature may use functions, "
                "numbers, tuples of numbers and `math`."
            )

    def text(self, decorator: str) -> str:
        """Source of all constants and functions, each with `decorator`, without docstrings and types."""
        constants = "\n".join(f"{name} = {literal}" for name, literal in self.constants.items())
        return "\n\n\n".join(
            [constants, *(f"{decorator}\n{_source(function)}\n" for function in self.functions.values())]
        )


def _globals_of(function: FunctionType) -> list[str]:
    loads = (one.argval for one in dis.get_instructions(function) if one.opname == "LOAD_GLOBAL")
    return list(dict.fromkeys(loads))


def _literal(value: object) -> str:
    if isinstance(value, tuple):
        return f"({''.join(f'{_literal(one)}, ' for one in value).rstrip()})"
    if isinstance(value, float) and not math.isfinite(value):
        return "math.nan" if math.isnan(value) else "math.inf" if value > 0 else "-math.inf"
    if isinstance(value, int | float):
        return repr(value)
    raise DeclarationError(f"a feature may use numbers and tuples of numbers, not {value!r}.")


def passes_on(function: Callable[..., Any]) -> bool:
    """Whether a function does nothing but return its only parameter: there is nothing to compile."""
    if not isinstance(function, FunctionType) or function.__code__.co_argcount != 1:
        return False
    (name,) = inspect.signature(function).parameters
    match _body(_definition(function)):
        case [ast.Return(value=ast.Name(id=returned))]:
            return returned == name
    return False


def _source(function: FunctionType) -> str:
    node = _definition(function)
    arguments = ast.arguments(
        posonlyargs=[],
        args=[ast.arg(arg=one.arg) for one in node.args.args],
        kwonlyargs=[],
        kw_defaults=[],
        defaults=[],
    )
    bare = ast.FunctionDef(name=node.name, args=arguments, body=_body(node), decorator_list=[], lineno=1, col_offset=0)
    return ast.unparse(ast.fix_missing_locations(bare))


def _body(node: ast.FunctionDef) -> list[ast.stmt]:
    """Statements without the docstring."""
    return node.body[1:] if ast.get_docstring(node) is not None else node.body


def _definition(function: FunctionType) -> ast.FunctionDef:
    code = function.__code__
    return _definitions(code.co_filename)[code.co_name, code.co_firstlineno]


@cache
def _definitions(path: str) -> dict[tuple[str, int], ast.FunctionDef]:
    """Functions that a file defines, by name and first line, that of a decorator included."""
    nodes = (node for node in ast.walk(ast.parse(Path(path).read_text("utf-8"))) if isinstance(node, ast.FunctionDef))
    return {(node.name, min([node.lineno, *(one.lineno for one in node.decorator_list)])): node for node in nodes}
