"""Catalogues as they may become: the present one with a feature more, less or changed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import cache

from features.catalogue import THEMES, Catalogue
from features.declared import AcrossPart, Feature, across, history
from features.declared.declare import feature
from features.history import ENTITIES

Features = tuple[Feature, ...]


def catalogue_of(change: Callable[[Features], Features]) -> Catalogue:
    """Make the catalogue of this installation with its declared features changed."""
    declared = tuple(value for theme in THEMES for value in vars(theme).values() if isinstance(value, Feature))
    parts = history.all_parts()
    together = tuple(value for value in vars(across).values() if isinstance(value, AcrossPart))
    return Catalogue(change(declared), parts, ENTITIES, together)


@feature(unit="g", says="{value:.0f} g more than nothing")
def weight_again(gross_weight_g: float) -> float:
    """Gross weight, once more."""
    return gross_weight_g


@cache
def with_one_more() -> Catalogue:
    """Make a catalogue with a feature more among those of packaging."""
    more = replace(weight_again, family="packaging")
    return catalogue_of(lambda all_: (*all_[:36], more, *all_[36:]))


@cache
def with_changed(name: str) -> Catalogue:
    """Make a catalogue that computes the feature `name` otherwise."""

    def minus_seven() -> float:
        return -7.0

    return catalogue_of(
        lambda all_: tuple(replace(one, function=minus_seven) if one.name == name else one for one in all_)
    )


@cache
def without(name: str) -> Catalogue:
    """Make a catalogue that does not have the feature `name`."""
    return catalogue_of(lambda all_: tuple(one for one in all_ if one.name != name))
