"""The exact fractions that Python numbers mean."""

import math
from collections.abc import Callable
from decimal import Decimal, localcontext
from fractions import Fraction
from functools import lru_cache

PlainNumber = int | float | Fraction
Reading = Callable[[PlainNumber], Fraction]


@lru_cache(maxsize=4096, typed=True)
def decimal(number: PlainNumber) -> Fraction:
    """The fraction that a value means: for a float, the decimal that it prints as, so that 1.1 is 11/10."""
    return Fraction(float.__repr__(number)) if isinstance(number, float) else Fraction(number)


@lru_cache(maxsize=4096, typed=True)
def simplest(number: PlainNumber) -> Fraction:
    """The fraction that a number of steps means: for a float, the simplest within two units in its last place.

    People compute lengths: 100 / 3 is 100/3, and 0.57 * 100 is 57, although it prints as 56.99999999999999.
    """
    if not isinstance(number, float) or number.is_integer():
        return Fraction(number)
    exact, error = Fraction(abs(number)), 2 * Fraction(math.ulp(number))
    if abs(round(exact) - exact) <= error < exact:
        nearest = Fraction(round(exact))
    else:
        nearest = _simplest_between(exact - error, exact + error) if error < exact else exact
    return -nearest if number < 0 else nearest


def _simplest_between(low: Fraction, high: Fraction) -> Fraction:
    """The fraction of the smallest denominator in an interval above zero, down the Stern-Brocot tree."""
    floors: list[int] = []
    while True:
        floor = math.ceil(low)
        if floor <= high:
            simplest = Fraction(floor)
            break
        floors.append(floor - 1)
        low, high = 1 / (high - floors[-1]), 1 / (low - floors[-1])
    for floor in reversed(floors):
        simplest = floor + 1 / simplest
    return simplest


@lru_cache(maxsize=4096)
def raised_nearly(x: Fraction, y: Fraction | int) -> Fraction:
    """x**y to 60 digits, or the simple ratio that is nearest to that."""
    with localcontext(prec=60):
        fine = (Decimal(x.numerator) / x.denominator) ** (Decimal(y.numerator) / y.denominator)
    return Fraction(fine).limit_denominator(1 << 64) if fine.adjusted() > -60 else Fraction(0)


@lru_cache(maxsize=4096)
def fitting(ratio: Fraction, limit: int) -> Fraction:
    """A positive fraction, rounded to one of two integers up to a limit unless it is whole."""
    if ratio.denominator == 1 or max(ratio.numerator, ratio.denominator) <= limit:
        return ratio
    if ratio * limit < 1:
        return Fraction(1, limit)
    return ratio.limit_denominator(max(1, min(limit, int(limit / ratio))))
