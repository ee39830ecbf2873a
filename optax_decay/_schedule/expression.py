"""The expression that makes a schedule: how it prints, compares, pickles and is made again with other arguments."""

import math
import operator
from collections.abc import Callable, Iterator
from fractions import Fraction
from inspect import Parameter
from typing import Any, Self

import numpy as np

from optax_decay._schedule.advice import unknown_argument
from optax_decay._schedule.record import Record, record_of

# A short name shows so many entries of a tuple: as many as people write by hand, so that what
# `json.dumps(..., default=str)` and a log hold can be read again.
_SHORT = 24

# Floats that have no literal of their own, as expressions.
_WITHOUT_LITERAL = {"inf": "1e999", "-inf": "-1e999", "nan": "1e999 - 1e999"}

# How strongly operations bind their sides, as in Python.
SUM, PRODUCT, SIGN, POWER = range(1, 5)


_PLAIN = (int, float, str, Fraction)


class Expression:
    """A factory and the arguments that it was given."""

    __slots__ = ("_given", "_key", "_record")

    def __init__(self, record: Record, given: dict[str, Any]):
        self._record, self._given = record, given
        self._key: Any = None

    @property
    def __name__(self) -> str:
        return self._record.name

    def replace(self, **changes: Any) -> Self:
        """Makes the same schedule again with other arguments of its outermost call.

        >>> import optax_decay as od
        >>> od.cosine_decay(0.1, 1000).replace(decay_steps=2000)
        cosine_decay(0.1, 2000)
        """
        record, given = self._record, dict(self._given)
        for name, value in changes.items():
            if name in record.parameters:
                given[name] = value
            elif record.rest:
                given[record.rest] = {**given.get(record.rest, {}), name: value}
            elif record.operator:
                raise TypeError(f"`{name}` is no argument of arithmetic: make {self} of other parts.")
            else:
                raise TypeError(_of_a_base(self, name, value) or unknown_argument(record.name, name, record.parameters))
        args, kwargs = record.call(given)
        return record.factory(*args, **kwargs)

    def __repr__(self) -> str:
        return _within_stack(_written, self, None)

    def __str__(self) -> str:
        # JAX asks for this at every trace, so it stays short for a table of 100,000 boundaries.
        return _within_stack(_written, self, _SHORT)

    def __format__(self, spec: str) -> str:
        if spec:
            raise TypeError(f"{self} is a function and has no format {spec!r}: call it with the count.")
        return str(self)

    def __float__(self) -> float:
        raise TypeError(f"{self} is a function and no number: call it with the count.")

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Expression):
            return NotImplemented
        return self is other or _within_stack(_is_equal, self, other)

    def __hash__(self) -> int:
        # JAX asks for this at every trace, and plain values tell schedules apart well enough.
        given = {**self._record.defaults, **self._given}
        plain = (value for _, value in sorted(given.items()) if isinstance(value, _PLAIN) and value == value)
        return hash((self._record, *plain))

    def __reduce__(self) -> tuple[Any, ...]:
        return _called, (self._record.factory, *self._record.call(self._given))


def _within_stack(function: Callable[..., Any], *args: Any) -> Any:
    """What a function of expressions returns, or an error that says why it needs so much of Python's stack."""
    try:
        return function(*args)
    except RecursionError:
        raise RecursionError(
            "The schedule is nested deeper than Python's stack has room for: build it of fewer parts, or raise "
            "`sys.setrecursionlimit`."
        ) from None


def _is_equal(one: Expression, other: Expression) -> bool:
    return _key_of(one) == _key_of(other)


def _of_a_base(made: Expression, name: str, value: Any) -> str:
    """The message where a base within has the argument that `replace` was given; empty if none has it."""
    holder = _holder(made, name)
    if holder is None:
        return ""
    reaches = f"`{name}` is an argument of {holder}, and `replace` reaches the outermost call only, `{made.__name__}`"
    if made._given.get("base") is holder:
        return f"{reaches}: pass `base={holder}.replace({name}={value!r})`."
    argument = "`base=...`" if "base" in made._given else "all phases"
    return f"{reaches}: pass {argument} with another `{holder.__name__}`."


def _holder(made: Expression, name: str) -> Expression | None:
    """The base, at any depth, whose call has an argument of that name."""
    for base in made._record.bases(made._given):
        if isinstance(base, Expression):
            holder = base if name in base._record.parameters else _holder(base, name)
            if holder is not None:
                return holder
    return None


def _called(factory: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    return factory(*args, **kwargs)


class _ByIdentity(Exception):
    """Raised at an argument that has no canonical value."""


def key(value: Any) -> Any:
    """The key that an argument is compared by: its canonical value, or its identity where it has none."""
    try:
        return _canonical(value)
    except _ByIdentity:
        return id(value)


def _key_of(made: Expression) -> Any:
    if made._key is None:
        given = {**made._record.defaults, **made._given}
        try:
            made._key = (made._record, *((name, _canonical(given[name])) for name in sorted(given)))
        except _ByIdentity:
            made._key = id(made)
    return made._key


def _canonical(value: Any) -> Any:
    """An argument as a key: numbers by exact value, sequences as tuples."""
    if isinstance(value, float) and (math.isnan(value) or (value == 0 and math.copysign(1.0, value) < 0)):
        return float, value.hex()  # NaN is itself here, and -0.0 is not 0.0
    if value is None or isinstance(value, (bool, str)):
        return type(value), value
    if isinstance(value, (int, float, Fraction)):  # equal in Python if their exact values are
        return value
    if isinstance(value, tuple):
        return value if _is_canonical(value) else tuple(map(_canonical, value))
    if isinstance(value, dict):
        return frozenset((name, _canonical(entry)) for name, entry in value.items())
    if isinstance(value, Expression) and not isinstance(_key_of(value), int):
        return _key_of(value)
    if isinstance(value, np.dtype) or record_of(value):
        return value
    raise _ByIdentity


def _is_canonical(entries: tuple[Any, ...]) -> bool:
    """Whether each entry is its own key, seen quickly for a long table."""
    plain = set(map(type, entries)) <= {int, float, Fraction}
    return plain and 0 not in entries and all(map(operator.eq, entries, entries))


def _written(value: Any, most: int | None, binding: int = 0) -> str:
    """`value` in Python's call syntax, with at most `most` entries of a tuple, in parentheses if it binds less."""
    if isinstance(value, tuple):
        entries = list(_entries(value, most))
        return f"({', '.join(entries)}{',' if len(entries) == 1 else ''})"
    if isinstance(value, Expression):
        return _written_call(value, most, binding)
    if record := record_of(value):
        return record.name
    text = repr(value)
    text = _WITHOUT_LITERAL.get(text, text)
    return f"({text})" if binding > SIGN and text.startswith("-") else text


def _entries(values: tuple[Any, ...], most: int | None) -> Iterator[str]:
    yield from (_written(entry, most) for entry in values[:most])
    yield from () if most is None or len(values) <= most else ("...",)


def _written_call(made: Expression, most: int | None, binding: int) -> str:
    if made._record.operator is None:
        return f"{made.__name__}({', '.join(_written_arguments(made, most))})"
    symbol, strength = made._record.operator
    sides = list(made._given.values())
    if len(sides) == 2:
        # The right side of `a - b - c` or `a / b / c` needs parentheses if it is an operation as weak. The right side
        # of a power may have a sign, and its left side may not.
        bindings = (POWER + 1, SIGN) if strength == POWER else (strength, strength + 1)
        left, right = (_written(side, most, side_binding) for side, side_binding in zip(sides, bindings, strict=True))
        text = f"{left} {symbol} {right}"
    else:
        text = f"{symbol}{_written(sides[0], most, strength)}"
    return f"({text})" if strength < binding else text


def _written_arguments(made: Expression, most: int | None) -> Iterator[str]:
    """The given arguments. Required ones, and any before starred ones, are by position and the others by name."""
    parameters = made._record.parameters
    starred = any(parameters[name].kind is Parameter.VAR_POSITIONAL for name in made._given)
    for name, value in made._given.items():
        kind = parameters[name].kind
        optional = name in made._record.defaults and kind is Parameter.POSITIONAL_OR_KEYWORD
        if kind is Parameter.VAR_POSITIONAL:
            yield from _entries(value, most)
        elif kind is Parameter.VAR_KEYWORD:
            yield from (f"{further}={_written(entry, most)}" for further, entry in value.items())
        elif kind is Parameter.KEYWORD_ONLY or (optional and not starred):
            yield f"{name}={_written(value, most)}"
        else:
            yield _written(value, most)
