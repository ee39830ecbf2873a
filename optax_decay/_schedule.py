"""What a schedule is: a pure function of the count that knows how it was made."""

import difflib
import functools
import inspect
from collections.abc import Callable, Iterable, Iterator
from typing import Any, ParamSpec, get_args

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

from optax_decay import _check, _count, _real
from optax_decay._check import Base
from optax_decay._count import Count
from optax_decay._real import Real, is_host

P = ParamSpec("P")

# A host result becomes a strongly typed array of JAX's default float dtype; inside a trace this adds no nested jit.
_to_array = jax.jit(lambda value: value, inline=True)


class Schedule:
    """A pure function of the update count, usable wherever optax takes a schedule.

    Calling it with a count, a Python, NumPy or JAX number or an array of them, gives a strongly typed array of JAX's
    default float dtype and of the count's shape. Before 0 it holds its value at 0; beyond 2**31 - 1, where optax's
    counters stop, its value there.

    `repr` is the expression that makes it. Schedules of plain numbers made alike are equal and hash alike, others are
    compared by identity. Arithmetic with numbers and other schedules gives schedules.

    >>> import optax_decay as od
    >>> rate = 0.5 * od.exponential_decay(0.2, 1000, 0.96, staircase=True)
    >>> rate
    0.5 * exponential_decay(0.2, 1000, 0.96, staircase=True)
    >>> print(rate(1000))
    0.096
    """

    __slots__ = ("__weakref__", "_at", "_composition", "_factory", "_given", "_identity", "_needs_device")

    # NumPy leaves the arithmetic to us.
    __array_ufunc__ = None

    def __init__(
        self,
        factory: Callable[..., "Schedule"],
        given: dict[str, Any],
        at: Callable[[Count], Real],
        composition: "Schedule | None" = None,
    ):
        self._factory, self._given, self._at = factory, given, at
        self._composition = composition
        self._needs_device = any(_needs_device(value) for value in given.values())
        self._identity: Any = None

    def __call__(self, count: Any) -> jax.Array:
        at = _count.as_count(count, self._needs_device)
        value: Any = self._at(at)
        if is_host(value):
            value = _to_array(np.float64(value))
            if not isinstance(value, jax.Array):  # jit is disabled
                value = lax.convert_element_type(value, _real.float_dtype())
        elif not isinstance(value, jax.Array) or value.weak_type:
            value = lax.convert_element_type(value, value.dtype)
        shape = np.shape(at.whole)
        return value if value.shape or not shape else jnp.broadcast_to(value, shape)

    @property
    def __name__(self) -> str:
        return self._factory.__name__

    @property
    def _definition(self) -> "Schedule":
        """What a named composition is made of, down to a factory that computes."""
        return self if self._composition is None else self._composition._definition

    @property
    def _arguments(self) -> inspect.BoundArguments:
        return inspect.BoundArguments(self._factory._signature, self._given)  # type: ignore[attr-defined]

    def replace(self, **changes: Any) -> "Schedule":
        """The same schedule made again with other arguments of its outermost call.

        >>> import optax_decay as od
        >>> od.cosine_decay(0.1, 1000).replace(decay_steps=2000)
        cosine_decay(0.1, 2000)
        """
        parameters = inspect.signature(self._factory).parameters
        given = {**self._given, **changes}
        for name in changes:
            if name not in parameters and any(p.kind is p.VAR_KEYWORD for p in parameters.values()):
                rest = next(p.name for p in parameters.values() if p.kind is p.VAR_KEYWORD)
                given[rest] = {**given[rest], name: given.pop(name)}
            elif name not in parameters:
                if hasattr(self._factory, "_operator"):
                    raise TypeError(f"`{name}` is no argument of arithmetic: make {self} of other parts.")
                raise TypeError(unknown_argument(self.__name__, name, parameters))
        ordered = {name: given[name] for name in parameters if name in given}
        bound = inspect.BoundArguments(inspect.signature(self._factory), ordered)  # type: ignore[arg-type]
        return self._factory(*bound.args, **bound.kwargs)

    def __repr__(self) -> str:
        return _expression(self, most=None)

    def __str__(self) -> str:
        # JAX asks for this at every trace, so it stays short for a table of 100,000 boundaries.
        return _expression(self, most=8)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Schedule):
            return NotImplemented
        return self is other or self._key() == other._key()

    def __hash__(self) -> int:
        # JAX asks for this at every trace, and plain numbers tell schedules apart well enough.
        given = {**self._factory._defaults, **self._given}  # type: ignore[attr-defined]
        plain = (value for _, value in sorted(given.items()) if isinstance(value, (int, float, str)))
        return hash((self._factory, *plain))

    def _key(self) -> Any:
        if self._identity is None:
            given = {**self._factory._defaults, **self._given}  # type: ignore[attr-defined]
            try:
                self._identity = (self._factory, *((name, _canonical(given[name])) for name in sorted(given)))
            except _ByIdentity:
                self._identity = id(self)
        return self._identity

    def __reduce__(self) -> tuple[Any, ...]:
        arguments = self._arguments
        return _made, (self._factory, arguments.args, arguments.kwargs)

    def __add__(self, other: Any) -> "Schedule":
        return _operated(_sum, self, other)

    def __radd__(self, other: Any) -> "Schedule":
        return _operated(_sum, other, self)

    def __sub__(self, other: Any) -> "Schedule":
        return _operated(_difference, self, other)

    def __rsub__(self, other: Any) -> "Schedule":
        return _operated(_difference, other, self)

    def __mul__(self, other: Any) -> "Schedule":
        return _operated(_product, self, other)

    def __rmul__(self, other: Any) -> "Schedule":
        return _operated(_product, other, self)

    def __truediv__(self, other: Any) -> "Schedule":
        return _operated(_quotient, self, other)

    def __rtruediv__(self, other: Any) -> "Schedule":
        return _operated(_quotient, other, self)

    def __neg__(self) -> "Schedule":
        return _negative(self)


def _made(factory: Callable[..., Schedule], args: tuple[Any, ...], kwargs: dict[str, Any]) -> Schedule:
    return factory(*args, **kwargs)


def _needs_device(value: Any) -> bool:
    """Whether an argument is, or holds, a JAX array or tracer."""
    if isinstance(value, (float, int, str)):
        return False
    if isinstance(value, (tuple, dict)):
        return any(map(_needs_device, value.values() if isinstance(value, dict) else value))
    return value._needs_device if isinstance(value, Schedule) else isinstance(value, jax.Array)


class _ByIdentity(Exception):
    """Raised at an argument that has no canonical value."""


def _canonical(value: Any) -> Any:
    """An argument as a key: numbers by type and exact value, sequences as tuples."""
    if isinstance(value, float):
        return float, value.hex()
    if value is None or isinstance(value, (bool, int, str)):
        return type(value), value
    if isinstance(value, tuple):
        kinds = set(map(type, value))
        if kinds == {float}:  # a long table at once
            table = np.array(value)
            return tuple, np.where(np.isnan(table), np.nan, table).tobytes()
        if kinds == {int}:
            return tuple, value
        return tuple(_canonical(entry) for entry in value)
    if isinstance(value, dict):
        return frozenset((name, _canonical(entry)) for name, entry in value.items())
    if isinstance(value, Schedule) and not isinstance(value._key(), int):
        return value._key()
    if isinstance(value, np.dtype) or hasattr(value, "_makes_schedules"):
        return value
    raise _ByIdentity


def key(value: Any) -> Any:
    """What an argument is compared by: its exact value, or its identity where that cannot be had."""
    try:
        return _canonical(value)
    except _ByIdentity:
        return id(value)


# Floats that have no literal of their own, as expressions.
_WITHOUT_LITERAL = {"inf": "1e999", "-inf": "-1e999", "nan": "1e999 - 1e999"}


def _expression(value: Any, most: int | None, binding: int = 0) -> str:
    """`value` in Python's call syntax; `most` entries at the most of a tuple; in parentheses if it binds less."""
    if isinstance(value, tuple):
        entries = [_expression(entry, most) for entry in value[:most]]
        entries += ["..."] if most is not None and len(value) > most else []
        return f"({', '.join(entries)}{',' if len(entries) == 1 else ''})"
    if hasattr(value, "_makes_schedules"):
        return value.__name__
    if not isinstance(value, Schedule):
        text = repr(value)
        text = _WITHOUT_LITERAL.get(text, text)
        return f"({text})" if binding > 2 and text.startswith("-") else text
    arguments = list(value._given.items())
    symbol, strength = getattr(value._factory, "_operator", ("", 0))
    if symbol and len(arguments) == 2:
        left, right = (_expression(side, most, strength + k) for k, (_, side) in enumerate(arguments))
        text = f"{left} {symbol} {right}"
    elif symbol:
        text = f"{symbol}{_expression(arguments[0][1], most, strength)}"
    else:
        return f"{value.__name__}({', '.join(_call_arguments(value, most))})"
    return f"({text})" if strength < binding else text


def _call_arguments(made: Schedule, most: int | None) -> Iterator[str]:
    """What was given: required arguments by position, and any that starred ones follow; the others by name."""
    parameters = inspect.signature(made._factory).parameters
    starred = any(parameters[name].kind is inspect.Parameter.VAR_POSITIONAL for name in made._given)
    for name, value in made._given.items():
        parameter = parameters[name]
        if parameter.kind is parameter.VAR_POSITIONAL:
            yield from (_expression(entry, most) for entry in value[:most])
            yield from () if most is None or len(value) <= most else ("...",)
        elif parameter.kind is parameter.VAR_KEYWORD:
            yield from (f"{key}={_expression(entry, most)}" for key, entry in value.items())
        elif parameter.kind is parameter.KEYWORD_ONLY or (
            parameter.kind is parameter.POSITIONAL_OR_KEYWORD
            and parameter.default is not parameter.empty
            and not starred
        ):
            yield f"{name}={_expression(value, most)}"
        else:
            yield _expression(value, most)


def _as_value(value: Any) -> Real:
    """What a callable returned, in floats of at least JAX's default precision."""
    if is_host(value):
        return float(value)
    if isinstance(value, (np.ndarray, np.generic)) and value.ndim == 0:
        return float(value)
    value = jnp.asarray(value)
    return value if jnp.issubdtype(value.dtype, jnp.floating) else lax.convert_element_type(value, _real.float_dtype())


def at(base: Any, count: Count) -> Real:
    """The value of any base at a count: ours takes the count as it is, a foreign callable a plain number."""
    if isinstance(base, Schedule):
        return base._at(count)
    if not callable(base):
        return _real.as_float(base, count.whole)
    value = _as_value(base(_count.number(count)))
    if isinstance(value, jax.Array):
        wide = jnp.promote_types(value.dtype, _real.float_dtype())
        return value if value.dtype == wide else lax.convert_element_type(value, wide)
    return value


def elementwise(function: Callable[..., Real], count: Count, *beside: Any) -> Real:
    """A function of one count at a time, and of the numbers beside it."""
    shape = np.shape(count.whole)
    if not shape:
        return function(count, *beside)
    flat = jax.tree.map(lambda x: jnp.broadcast_to(x, shape).ravel(), (count, *beside))
    return jax.vmap(lambda one: jnp.asarray(function(*one)))(flat).reshape(shape)


def _plain(annotation: Any) -> Any:
    """An annotation as `help` shows it: without the check, and any scalar as a float."""
    kind = get_args(annotation)[0] if hasattr(annotation, "__metadata__") else annotation
    shown = {
        _check.Scalar: float,
        _check.Scalar | None: float | None,
        Callable[[Any], Any] | _check.Scalar: Callable[[Any], Any] | float,
    }
    return shown.get(kind, kind)


def _plain_value(value: Any) -> Any:
    """NumPy scalars as Python numbers and lists as tuples, within tuples and named arguments too."""
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, (list, tuple)):
        return tuple(map(_plain_value, value))
    return {k: _plain_value(v) for k, v in value.items()} if isinstance(value, dict) else value


def nearest(name: str, known: Iterable[str]) -> str:
    """What a misspelt name may have meant, for the end of a message."""
    near = difflib.get_close_matches(name, list(known), 1)
    return f"; did you mean `{near[0]}`?" if near else ""


def unknown_argument(factory: str, name: str, known: Iterable[str]) -> str:
    return f"`{factory}` has no argument `{name}`" + (nearest(name, known) or f", it has {', '.join(known)}.")


def _binder(name: str, signature: inspect.Signature) -> tuple[Callable[..., dict[str, Any]], bool]:
    """What names arguments, and whether all can be passed on by name."""
    parameters = signature.parameters
    positional = [n for n, p in parameters.items() if p.kind is p.POSITIONAL_OR_KEYWORD]
    required = {n for n, p in parameters.items() if p.default is p.empty}
    named = all(p.kind in (p.POSITIONAL_OR_KEYWORD, p.KEYWORD_ONLY) for p in parameters.values())

    def by_name(args: tuple[Any, ...], kwargs: dict[str, Any]) -> dict[str, Any]:
        # `bind` takes longer than all else; it is left what is not plainly right.
        if named and len(args) <= len(positional):
            given = dict(zip(positional, args, strict=False))
            if kwargs.keys() <= parameters.keys() - given.keys():
                given |= {n: kwargs[n] for n in parameters if n in kwargs} if kwargs else {}
                if required <= given.keys():
                    return given
        strange = [other for other in kwargs if other not in parameters]
        if strange and not any(p.kind is p.VAR_KEYWORD for p in parameters.values()):
            raise TypeError(unknown_argument(name, strange[0], parameters))
        try:
            return signature.bind(*args, **kwargs).arguments
        except TypeError as error:
            raise TypeError(f"{name}: {error}.") from None

    return by_name, named


def _factory(build: Callable[P, Any], exact: bool) -> Callable[P, Schedule]:
    signature = inspect.signature(build)
    kinds = {
        name: kind
        for name, parameter in signature.parameters.items()
        for kind in getattr(parameter.annotation, "__metadata__", ())
        if callable(kind)
    }

    by_name, named = _binder(build.__name__, signature)

    @functools.wraps(build)
    def factory(*args: P.args, **kwargs: P.kwargs) -> Schedule:
        given = by_name(args, kwargs)
        for name, value in given.items():
            value = _plain_value(value)
            given[name] = kinds[name](name, value) if name in kinds else value
        if named:
            closure = build(**given)  # type: ignore[call-arg]
        else:
            bound = inspect.BoundArguments(signature, given)  # type: ignore[arg-type]
            closure = build(*bound.args, **bound.kwargs)
        if isinstance(closure, Schedule):
            return Schedule(factory, given, closure._at, closure)
        return Schedule(factory, given, closure if exact else functools.partial(at, closure))

    shown = [p.replace(annotation=_plain(p.annotation)) for p in signature.parameters.values()]
    factory.__signature__ = signature.replace(parameters=shown, return_annotation=Schedule)  # type: ignore[attr-defined]
    factory._makes_schedules = True  # type: ignore[attr-defined]
    factory._kinds = kinds  # type: ignore[attr-defined]
    defaults = {name: p.default for name, p in signature.parameters.items() if p.default is not p.empty}
    factory._defaults = defaults  # type: ignore[attr-defined]
    factory._signature = signature  # type: ignore[attr-defined]
    factory._exactly = build if exact else None  # type: ignore[attr-defined]
    return factory


def schedule(build: Callable[P, Callable[[Any], Any]]) -> Callable[P, Schedule]:
    """Makes a schedule factory of a function that returns a function of the count.

    The factory's schedules compose, print, compare and pickle as the package's own do. The inner function receives the
    count as a plain number: an integer, or a float where a clock such as `stretch` gave the count a fraction.

    Args:
      build: a function that takes hyperparameters and returns a callable of the count, or a schedule. Any of its
        arguments may be traced if its body allows that.

    Returns:
      The factory: it has `build`'s name, signature and docstring, and returns a `Schedule`.

    Raises:
      TypeError: if `build` is not callable.

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
    return _factory(build, exact=False)


def exact_schedule(build: Callable[P, Any]) -> Callable[P, Schedule]:
    """`schedule` for the package's own factories, whose inner functions take a `Count`."""
    return _factory(build, exact=True)


@exact_schedule
def _wrapped(base: Base) -> Callable[[Count], Real]:
    return lambda count: at(base, count)


_wrapped.__name__ = "as_schedule"


def as_schedule(base: Any) -> Schedule:
    """Any callable of the count, or a number, as a schedule that takes part in arithmetic.

    Args:
      base: a schedule, which is returned as it is; any other callable of the count, an optax schedule or a lambda; or a
        number, which stands for a constant and may be traced.

    Returns:
      A schedule with the values of `base`.

    Raises:
      TypeError: if `base` is neither callable nor a number.
      ValueError: if `base` is not finite.

    >>> import optax, optax_decay as od
    >>> print((0.5 * od.as_schedule(optax.linear_schedule(1.0, 0.0, 10)))(5))
    0.25
    """
    return base if isinstance(base, Schedule) else _wrapped(base)


def _operator(symbol: str, strength: int) -> Callable[[Callable[..., Any]], Callable[..., Schedule]]:
    def decorate(build: Callable[..., Any]) -> Callable[..., Schedule]:
        factory = exact_schedule(build)
        factory._operator = (symbol, strength)  # type: ignore[attr-defined]
        return factory

    return decorate


@_operator("+", 1)
def _sum(left: Base, right: Base) -> Callable[[Count], Real]:
    return lambda count: at(left, count) + at(right, count)


@_operator("-", 1)
def _difference(left: Base, right: Base) -> Callable[[Count], Real]:
    return lambda count: at(left, count) - at(right, count)


@_operator("*", 2)
def _product(left: Base, right: Base) -> Callable[[Count], Real]:
    return lambda count: at(left, count) * at(right, count)


@_operator("/", 2)
def _quotient(left: Base, right: Base) -> Callable[[Count], Real]:
    return lambda count: _real.divide(at(left, count), at(right, count))


@_operator("-", 3)
def _negative(base: Base) -> Callable[[Count], Real]:
    return lambda count: -at(base, count)


def _operated(factory: Callable[..., Schedule], left: Any, right: Any) -> Schedule:
    for side in (left, right):
        if isinstance(side, bool) or not (
            callable(side) or isinstance(side, (int, float, np.number, np.ndarray, jax.Array))
        ):
            return NotImplemented
    return factory(left, right)
