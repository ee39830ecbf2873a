"""Arithmetic on schedules: factories that are written with a symbol."""

from optax_decay import _arithmetic
from optax_decay._schedule.evaluation import OPERATIONS, Curve, at
from optax_decay._schedule.factory import operation
from optax_decay._schedule.kinds import Base


@operation("+", 1)
def _sum(left: Base, right: Base) -> Curve:
    return lambda count: at(left, count) + at(right, count)


@operation("-", 1)
def _difference(left: Base, right: Base) -> Curve:
    return lambda count: at(left, count) - at(right, count)


@operation("*", 2)
def _product(left: Base, right: Base) -> Curve:
    return lambda count: at(left, count) * at(right, count)


@operation("/", 2)
def _quotient(left: Base, right: Base) -> Curve:
    return lambda count: _arithmetic.divide(at(left, count), at(right, count))


@operation("-", 3)
def _negative(base: Base) -> Curve:
    return lambda count: -at(base, count)


OPERATIONS.update(sum=_sum, difference=_difference, product=_product, quotient=_quotient, negative=_negative)
