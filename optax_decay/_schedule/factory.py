"""The decorator that makes a schedule factory of a function that returns a function of the count."""

import functools
from collections.abc import Callable
from typing import Any, ParamSpec, get_args

from optax_decay._schedule.evaluation import Curve, Schedule, Typed, at, promoted
from optax_decay._schedule.kinds import AnyBase, Base, Scalar
from optax_decay._schedule.record import Operator, Record, keep

P = ParamSpec("P")

# Annotations as `help` shows them: any scalar as a float.
_SHOWN = {Scalar: float, Scalar | None: float | None, AnyBase: Callable[[Any], Any] | float}


def schedule(build: Callable[P, Callable[[Any], Any]]) -> Callable[P, Schedule]:
    """Makes a schedule factory of a function that returns a function of the count.

    The factory's schedules compose, print, compare and pickle as the package's own do. The inner function receives the
    count as a plain number: an integer, or a float where a clock such as `stretch` gave the count a fraction.

    Args:
      build: a function that takes hyperparameters and returns a callable of the count, or a schedule, or a
        `functools.partial` of such a function. Lists and NumPy arrays reach it as tuples of Python numbers. Any of its
        arguments may be traced if its body allows that.

    Returns:
      The factory. It has `build`'s name, signature and docstring, and returns a `Schedule`.

    Raises:
      TypeError: if `build` is not callable, or has no name.

    >>> import optax_decay as od
    >>> @od.schedule
    ... def sawtooth(peak, period):
    ...     def value(count):
    ...         return peak * (1 - count % period / period)
    ...     return value
    >>> 2 * sawtooth(0.1, period=4)
    2 * sawtooth(0.1, 4)
    >>> print(sawtooth(0.1, 4)(5))
    0.075
    """
    if not callable(build):
        raise TypeError(f"`build` must be callable, got {build!r}.")
    return _factory(build, takes_count=False)


def exact_schedule(build: Callable[P, Any]) -> Callable[P, Schedule]:
    """`schedule` for the package's own factories, whose inner functions take a `Count`."""
    return _factory(build, takes_count=True)


def operation(symbol: str, strength: int) -> Callable[[Callable[P, Any]], Callable[P, Schedule]]:
    """`exact_schedule` for arithmetic, which is written with a symbol."""
    return lambda build: _factory(build, takes_count=True, operator=Operator(symbol, strength))


def _factory(build: Callable[P, Any], takes_count: bool, operator: Operator | None = None) -> Callable[P, Schedule]:
    @functools.wraps(_innermost(build))
    def factory(*args: P.args, **kwargs: P.kwargs) -> Schedule:
        return make(record, record.arguments(args, kwargs))

    record = Record(factory, build, takes_count, operator)
    parameters = [p.replace(annotation=_shown(p.annotation)) for p in record.signature.parameters.values()]
    keep(record, record.signature.replace(parameters=parameters, return_annotation=Schedule))
    return factory


def _innermost(build: Any) -> Any:
    """The function inside of partials, which has a name."""
    function = build
    while isinstance(function, functools.partial) and not hasattr(function, "__name__"):
        function = function.func
    if not hasattr(function, "__name__"):
        raise TypeError(f"`build` must have a `__name__`, which its schedules are printed with, got {build!r}.")
    return function


def _shown(annotation: Any) -> Any:
    """An annotation as `help` shows it: without the kind."""
    plain = get_args(annotation)[0] if hasattr(annotation, "__metadata__") else annotation
    return _SHOWN.get(plain, plain)


def make(record: Record, given: dict[str, Any]) -> Schedule:
    """The schedule that a factory makes of checked arguments."""
    built = record.built(given)
    if isinstance(built, Schedule):
        return Schedule(record, given, built._curve, built._dtype, built)
    if isinstance(built, Typed):
        return Schedule(record, given, *built)
    if not callable(built):
        raise TypeError(f"`{record.name}` must return a function of the count, or a schedule, got {built!r}.")
    curve = built if record.takes_count else functools.partial(at, built)
    return Schedule(record, given, curve, promoted(record.bases(given)))


@exact_schedule
def wrapped(base: Base) -> Curve:
    return lambda count: at(base, count)


wrapped.__name__ = "as_schedule"


def as_schedule(base: Any) -> Schedule:
    """Makes a schedule of any callable of the count, or of a number, so that it takes part in arithmetic.

    Args:
      base: a schedule, which is returned as it is; any other callable of the count, such as an optax schedule or a
        lambda; or a number, which stands for a constant and may be traced.

    Returns:
      A schedule with the values of `base`.

    Raises:
      TypeError: if `base` is neither callable nor a number.
      ValueError: if `base` is not finite.

    >>> import optax, optax_decay as od
    >>> print((0.5 * od.as_schedule(optax.linear_schedule(1.0, 0.0, 10)))(5))
    0.25
    """
    return base if isinstance(base, Schedule) else wrapped(base)
