"""Results of tests, as ``pytest --junitxml`` writes them: by module, with the names of those that failed."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from xml.etree.ElementTree import Element

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import ParseError, parse

from features.parcel.problems import ParcelRiskError


@dataclass(frozen=True, kw_only=True)
class ModuleResults:
    """Results of one module."""

    module: str
    n: int
    n_failed: int
    n_skipped: int


@dataclass(frozen=True, kw_only=True)
class SuiteResults:
    """All results; `failed` are the names of tests that failed."""

    at: str
    modules: tuple[ModuleResults, ...]
    failed: tuple[str, ...]

    @property
    def n(self) -> int:
        """Tests that ran."""
        return sum(one.n for one in self.modules)

    @property
    def n_failed(self) -> int:
        """Tests that failed, or could not run."""
        return sum(one.n_failed for one in self.modules)

    @property
    def n_skipped(self) -> int:
        """Tests that were skipped."""
        return sum(one.n_skipped for one in self.modules)


def read_results(path: Path) -> SuiteResults:
    """Results in a file.

    Raises
    ------
    ParcelRiskError
        When it holds none.
    """
    try:
        root = parse(path).getroot()
    except (OSError, ParseError, DefusedXmlException, ValueError) as error:
        raise ParcelRiskError(
            f"{path.name} holds no results of tests. Give the file of `pytest --junitxml FILE`."
        ) from error
    cases = list(root.iter("testcase"))
    if not cases:
        raise ParcelRiskError(f"{path.name} holds no test. Give the file of `pytest --junitxml FILE`.")
    by_module: dict[str, list[Element]] = {}
    for case in cases:
        by_module.setdefault(case.get("classname", "?"), []).append(case)
    suite = next(root.iter("testsuite"), None)
    return SuiteResults(
        at=(suite.get("timestamp", "?") if suite is not None else "?")[:19],
        modules=tuple(_module(name, by_module[name]) for name in sorted(by_module)),
        failed=tuple(f"{one.get('classname')}::{one.get('name')}" for one in cases if _is_failed(one)),
    )


def _module(name: str, cases: list[Element]) -> ModuleResults:
    return ModuleResults(
        module=name,
        n=len(cases),
        n_failed=sum(map(_is_failed, cases)),
        n_skipped=sum(one.find("skipped") is not None for one in cases),
    )


def _is_failed(case: Element) -> bool:
    return case.find("failure") is not None or case.find("error") is not None
