"""Words shared by feature declarations: units, ratios, missing values, logic of three values.

Functions of one number each; NaN is a missing value, 1 and 0 are yes and no. They are compiled with the features that
call them, so they may call each other, `math` and constants of their module that are numbers, and nothing else.
"""

from __future__ import annotations

import math

NAN = math.nan


def yes(condition: bool) -> float:
    """1 or 0."""
    return 1.0 if condition else 0.0


def given(value: float) -> float:
    """Whether the value is there."""
    return 0.0 if math.isnan(value) else 1.0


def euros(cents: float) -> float:
    """Euro cents as euro."""
    return cents * 0.01


def kilograms(grams: float) -> float:
    """Grams as kilograms."""
    return grams * 0.001


def ratio(over: float, under: float) -> float:
    """Divide where the divisor is positive; NaN elsewhere."""
    return over / under if under > 0.0 else NAN


def hours_between(earlier_us: float, later_us: float) -> float:
    """Hours from one time to another by whole seconds, negative when they are the other way round."""
    microseconds = later_us - earlier_us
    seconds = microseconds // 1e6 if microseconds >= 0.0 else -(-microseconds // 1e6)
    return (seconds + 0.0) * (1.0 / 3600.0)


def first_known(value: float, instead: float) -> float:
    """Return the value, or the other one where it is missing."""
    return instead if math.isnan(value) else value


def larger(left: float, right: float) -> float:
    """Larger of what is given."""
    return left if math.isnan(right) or left > right else right


def smaller(left: float, right: float) -> float:
    """Smaller of what is given."""
    return left if math.isnan(right) or left < right else right


def is_same(left: float, right: float) -> float:
    """Whether both are the same; NaN where one is missing."""
    return NAN if math.isnan(left) or math.isnan(right) else yes(left == right)


def differs(left: float, right: float) -> float:
    """Whether both are given and not the same; NaN where one is missing."""
    return NAN if math.isnan(left) or math.isnan(right) else yes(left != right)


def is_above(value: float, limit: float) -> float:
    """Whether the value is above the limit; NaN where one is missing."""
    return NAN if math.isnan(value) or math.isnan(limit) else yes(value > limit)


def is_multiple(value: float, step: float) -> float:
    """Whether the value is a multiple of a whole number; NaN where it is missing."""
    return NAN if math.isnan(value) else yes(value % step == 0.0)


def no(answer: float) -> float:
    """Return the opposite answer; NaN where it is missing."""
    return 1.0 - answer


def both(left: float, right: float) -> float:
    """Whether both are so: one no decides, whatever the other is."""
    if left == 0.0 or right == 0.0:
        return 0.0
    return NAN if math.isnan(left) or math.isnan(right) else 1.0


def either(left: float, right: float) -> float:
    """Whether one is so: one yes decides, whatever the other is."""
    if left == 1.0 or right == 1.0:
        return 1.0
    return NAN if math.isnan(left) or math.isnan(right) else 0.0


def listed(code: float, n_listed: float) -> float:
    """Place in a list of so many entries; NaN for what is not listed."""
    return code if code < n_listed else NAN
