"""Scenario files: read, put over the scenario that they extend, and checked with messages that name the key."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from importlib.resources import files
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from data.synthetic.pools import goods_groups, known_countries
from data.synthetic.settings import SENDER_KINDS, Scenario, Vendor
from features.parcel.fields import FINDING_CLASSES, STREAMS
from features.parcel.problems import ParcelRiskError


class ScenarioError(ParcelRiskError):
    """A scenario file cannot be used; the message names file, key, reason and remedy."""


def scenarios() -> tuple[str, ...]:
    """Names of the scenarios that ship with the package."""
    folder = files("data.synthetic") / "scenarios"
    return tuple(sorted(entry.name.removesuffix(".toml") for entry in folder.iterdir() if entry.name.endswith(".toml")))


def load_scenario(which: str | Path) -> Scenario:
    """Load a scenario by the name of a shipped one, or from a TOML file.

    Parameters
    ----------
    which:
        A name from `scenarios`, or the path of a file that ends in ``.toml``.

    Raises
    ------
    ScenarioError
        When the file is missing, is not TOML, or holds a key or value that the world cannot use.
    """
    text, name = _text(which)
    document = _document(text, name)
    try:
        scenario = Scenario.model_validate({"name": name.removesuffix(".toml"), **document})
    except ValidationError as error:
        raise ScenarioError(f"{name}: {_sentence(error)}") from error
    _check(scenario, name)
    return scenario


def _text(which: str | Path) -> tuple[str, str]:
    if str(which).endswith(".toml"):
        path = Path(which)
        try:
            return path.read_text("utf-8"), path.name
        except (OSError, UnicodeDecodeError) as error:
            reason = getattr(error, "strerror", None) or "it is not UTF-8 text"
            raise ScenarioError(f"{path}: the scenario file cannot be read ({reason}). Check the path.") from error
    if which not in scenarios():
        raise ScenarioError(
            f"there is no scenario {str(which)!r}. Known: {', '.join(scenarios())}; "
            "or give the path of your own file, ending in .toml."
        )
    return (files("data.synthetic") / "scenarios" / f"{which}.toml").read_text("utf-8"), f"{which}.toml"


def _document(text: str, name: str) -> dict[str, Any]:
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ScenarioError(f"{name}: not a TOML file: {error}. Correct the line.") from error
    parent = document.pop("extends", None)
    if parent is None:
        return document
    if parent not in scenarios() or f"{parent}.toml" == name:
        raise ScenarioError(
            f"{name}: extends is {parent!r}, which is no other shipped scenario. Known: {', '.join(scenarios())}."
        )
    return _merged(_document(*_text(parent)), document)


_REPLACED_WHOLE = frozenset({"origins", "transit", "streams", "methods", "via"})
"""Tables of weights inside a vendor, an origin or the inspection: a scenario that names one replaces all of it."""


def _merged(base: Mapping[str, Any], changes: Mapping[str, Any], depth: int = 0) -> dict[str, Any]:
    """Put `changes` over `base`, table by table; a table of weights is replaced as a whole."""
    merged = dict(base)
    for key, value in changes.items():
        old = merged.get(key)
        whole = depth > 0 and key in _REPLACED_WHOLE
        merged[key] = (
            _merged(old, value, depth + 1) if isinstance(old, dict) and isinstance(value, dict) and not whole else value
        )
    return merged


def _sentence(error: ValidationError) -> str:
    """First complaint of pydantic as what, which, why and remedy."""
    first = error.errors()[0]
    *tables, key = (str(part) for part in first["loc"])
    where = f"[{'.'.join(tables)}] {key}" if tables else key
    if first["type"] == "missing":
        return f'{where} is missing. Add it, or write `extends = "baseline"` to take what is not said from there.'
    if first["type"] == "extra_forbidden":
        return f"{where} is not a setting of a scenario. Remove it or correct its spelling; docs/world.md lists them."
    return f"{where} is {first['input']!r}: {first['msg'][:1].lower()}{first['msg'][1:]}. Correct the value."


def _check(scenario: Scenario, name: str) -> None:
    """Cross-checks that no single field can make."""
    countries = known_countries()
    named: dict[str, Iterable[str]] = {"destinations": scenario.destinations, "origins": scenario.origins}
    for kind, origin in scenario.origins.items():
        named[f"origins.{kind}.via"] = origin.via
    for kind, vendor in scenario.vendors.items():
        _check_vendor(kind, vendor, name)
        named[f"vendors.{kind}.origins"] = vendor.origins
        named[f"vendors.{kind}.transit"] = vendor.transit
    for table, keys in named.items():
        for country in keys:
            if country not in countries:
                raise ScenarioError(
                    f"{name}: [{table}] names the country {country!r}, for which there are no names and places. "
                    f"Use one of {', '.join(countries)}, or add it to data/synthetic/pools/places.toml."
                )
    if set(scenario.streams) != set(STREAMS):
        raise ScenarioError(f"{name}: [streams] must hold exactly {', '.join(STREAMS)}; give an unused one share = 0.")
    if set(scenario.senders) != set(SENDER_KINDS):
        raise ScenarioError(f"{name}: [senders] must hold exactly {', '.join(SENDER_KINDS)}.")
    for kind, drift in scenario.drifts.items():
        if drift.vendor not in scenario.vendors:
            raise ScenarioError(
                f"{name}: [drifts.{kind}] vendor is {drift.vendor!r}, which is no table of [vendors]. "
                f"Known: {', '.join(scenario.vendors)}."
            )


def _check_vendor(kind: str, vendor: Vendor, name: str) -> None:
    if vendor.goods not in FINDING_CLASSES:
        raise ScenarioError(
            f"{name}: [vendors.{kind}] goods is {vendor.goods!r}, which is no class of finding. "
            f"Use one of {', '.join(FINDING_CLASSES)}."
        )
    for cover in vendor.covers:
        if cover not in goods_groups():
            raise ScenarioError(
                f"{name}: [vendors.{kind}] covers names {cover!r}, which is no group of goods. "
                f"Use some of {', '.join(goods_groups())}."
            )
    unknown = set(vendor.streams) - set(STREAMS)
    if unknown:
        raise ScenarioError(
            f"{name}: [vendors.{kind}.streams] names {sorted(unknown)[0]!r}, which is no stream. "
            f"Use some of {', '.join(STREAMS)}."
        )
