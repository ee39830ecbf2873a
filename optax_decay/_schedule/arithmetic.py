"""Arithmetic on schedules: factories that are written with a symbol."""

from optax_decay import _arithmetic
from optax_decay._arithmetic import Given, Real, of_float
from optax_decay._count import Count
from optax_decay._schedule.evaluation import OPERATIONS, Curve, at
from optax_decay._schedule.expression import POWER, PRODUCT, SIGN, SUM
from optax_decay._schedule.factory import operation
from optax_decay._schedule.kinds import Base


@operation("+", SUM)
def _sum(left: Base, right: Base) -> Curve:
    return lambda count: at(left, count) + at(right, count)


@operation("-", SUM)
def _difference(left: Base, right: Base) -> Curve:
    return lambda count: at(left, count) - at(right, count)


@operation("*", PRODUCT)
def _product(left: Base, right: Base) -> Curve:
    return lambda count: at(left, count) * at(right, count)


@operation("/", PRODUCT)
def _quotient(left: Base, right: Base) -> Curve:
    return lambda count: _arithmetic.divide(at(left, count), at(right, count))


@operation("-", SIGN)
def _negative(base: Base) -> Curve:
    return lambda count: -at(base, count)


@operation("**", POWER)
def _to_power(left: Base, right: Base) -> Curve:
    def value(count: Count) -> Real:
        sides = (side.twofold() if isinstance(side, Given) else of_float(at(side, count)) for side in (left, right))
        return _arithmetic.raised_any(*sides)

    return value


OPERATIONS.update(
    sum=_sum, difference=_difference, product=_product, quotient=_quotient, power=_to_power, negative=_negative
)
