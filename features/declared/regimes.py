"""How the goods are declared: procedure, tax, transport, terms of payment, and codes of the office's own.

A code without a list is a number of up to two digits, or falls into one of several hundred groups by its text. A code
that no model has met is another group, or shares one; either way nothing is missing and nothing fails.
"""

from __future__ import annotations

from collections.abc import Callable

from features.declared.declare import Feature, Function, Kind, feature
from features.facts.codes import N_CODES, N_SHORT_NUMBERS

SOURCE = "manifest: codes of the declaration"
"""Where these features come from, for the docs."""

_LABELS = tuple(str(code) if code < N_SHORT_NUMBERS else f"in group {code}" for code in range(N_CODES))


def _category(says: str, says_missing: str) -> Callable[[Function], Feature]:
    return feature(unit="code", kind=Kind.CATEGORY, says=says, says_missing=says_missing, labels=_LABELS)


@feature(unit="%", says="the rate of tax is {value:.1f} %", says_missing="no rate of tax is declared")
def tax_rate_percent(tax_rate_bp: float) -> float:
    """Rate of tax that is declared. Missing without one."""
    return tax_rate_bp * 0.01


@feature(
    unit="code",
    kind=Kind.CATEGORY,
    says="the customs procedure is {value}",
    says_missing="no customs procedure is declared",
    labels=_LABELS,
)
def declared_regime_code(declared_regime: float) -> float:
    """Customs procedure that is declared, by code. Missing without one."""
    return declared_regime


@feature(
    unit="code",
    kind=Kind.CATEGORY,
    says="the kind of tax is {value}",
    says_missing="no kind of tax is declared",
    labels=_LABELS,
)
def tax_regime_code(tax_regime: float) -> float:
    """Kind of tax or preference that is claimed, by code. Missing without one."""
    return tax_regime


@feature(
    unit="code",
    kind=Kind.CATEGORY,
    says="the mode of transport is {value}",
    says_missing="no mode of transport is declared",
    labels=_LABELS,
)
def transport_mode_code(transport_mode: float) -> float:
    """Mode of transport at the border, by code. Missing without one."""
    return transport_mode


@feature(
    unit="code",
    kind=Kind.CATEGORY,
    says="the way of processing is {value}",
    says_missing="no way of processing is declared",
    labels=_LABELS,
)
def procedure_code(procedure: float) -> float:
    """How the declaration is processed, by code. Missing without one."""
    return procedure


@feature(
    unit="code",
    kind=Kind.CATEGORY,
    says="the terms of payment are {value}",
    says_missing="no terms of payment are declared",
    labels=_LABELS,
)
def payment_terms_code(payment_terms: float) -> float:
    """Terms of payment, by code. Missing without one."""
    return payment_terms


@feature(
    unit="code",
    kind=Kind.CATEGORY,
    says="code 1 of the office is {value}",
    says_missing="code 1 of the office is not given",
    labels=_LABELS,
)
def extra_1_code(extra_1: float) -> float:
    """Code number 1 of the office's own. Missing without one."""
    return extra_1


@feature(
    unit="code",
    kind=Kind.CATEGORY,
    says="code 2 of the office is {value}",
    says_missing="code 2 of the office is not given",
    labels=_LABELS,
)
def extra_2_code(extra_2: float) -> float:
    """Code number 2 of the office's own. Missing without one."""
    return extra_2


@feature(
    unit="code",
    kind=Kind.CATEGORY,
    says="code 3 of the office is {value}",
    says_missing="code 3 of the office is not given",
    labels=_LABELS,
)
def extra_3_code(extra_3: float) -> float:
    """Code number 3 of the office's own. Missing without one."""
    return extra_3


@feature(
    unit="code",
    kind=Kind.CATEGORY,
    says="code 4 of the office is {value}",
    says_missing="code 4 of the office is not given",
    labels=_LABELS,
)
def extra_4_code(extra_4: float) -> float:
    """Code number 4 of the office's own. Missing without one."""
    return extra_4


@feature(
    unit="code",
    kind=Kind.CATEGORY,
    says="code 5 of the office is {value}",
    says_missing="code 5 of the office is not given",
    labels=_LABELS,
)
def extra_5_code(extra_5: float) -> float:
    """Code number 5 of the office's own. Missing without one."""
    return extra_5


@feature(
    unit="code",
    kind=Kind.CATEGORY,
    says="code 6 of the office is {value}",
    says_missing="code 6 of the office is not given",
    labels=_LABELS,
)
def extra_6_code(extra_6: float) -> float:
    """Code number 6 of the office's own. Missing without one."""
    return extra_6


@feature(
    unit="code",
    kind=Kind.CATEGORY,
    says="code 7 of the office is {value}",
    says_missing="code 7 of the office is not given",
    labels=_LABELS,
)
def extra_7_code(extra_7: float) -> float:
    """Code number 7 of the office's own. Missing without one."""
    return extra_7


@feature(
    unit="code",
    kind=Kind.CATEGORY,
    says="code 8 of the office is {value}",
    says_missing="code 8 of the office is not given",
    labels=_LABELS,
)
def extra_8_code(extra_8: float) -> float:
    """Code number 8 of the office's own. Missing without one."""
    return extra_8
