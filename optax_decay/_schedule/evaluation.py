"""Evaluation: what a schedule computes, and the value of any base at a count."""

import functools
from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

from optax_decay import _arithmetic, _count
from optax_decay._arithmetic import Given, Real, is_host
from optax_decay._count import Count
from optax_decay._schedule.expression import Expression
from optax_decay._schedule.kinds import is_plain_number
from optax_decay._schedule.protocols import Protocols
from optax_decay._schedule.record import Record

Curve = Callable[[Count], Real]


class Typed(NamedTuple):
    """A curve, and the float dtype of its schedule's values. None is JAX's default."""

    curve: Curve
    dtype: np.dtype[Any] | None


# A host result becomes a strongly typed array; inside a trace this adds no nested jit.
@functools.partial(jax.jit, static_argnums=1, inline=True)
def _to_array(value: np.floating[Any], dtype: np.dtype[Any] | None) -> jax.Array:
    return lax.convert_element_type(value, dtype or value.dtype)


class Schedule(Expression, Protocols):
    """A pure function of the update count, usable wherever optax takes a schedule.

    Call it with a count: a Python, NumPy or JAX number, or an array of them. It returns a strongly typed array of JAX's
    default float dtype and of the count's shape. Before 0 it holds its value at 0. Python numbers and NumPy arrays have
    no upper end; JAX's integers end at 2**31 - 1, where optax's counters stop. A count of NaN gives NaN.

    It also works in the body of a Pallas kernel, unless it needs a table (`piecewise_constant`, `sequence`, cycles that
    grow). JAX takes constants there only as arguments, so compute the rate outside and pass it.

    `repr` is the expression that makes it. Schedules that are made alike of plain numbers are equal and hash alike.
    Others are compared by identity. Arithmetic with numbers and other schedules gives schedules.

    >>> import optax_decay as od
    >>> rate = 0.5 * od.exponential_decay(0.2, 1000, 0.96, staircase=True)
    >>> rate
    0.5 * exponential_decay(0.2, 1000, 0.96, staircase=True)
    >>> print(rate(1000))
    0.096
    """

    __slots__ = ("__weakref__", "_composition", "_curve", "_dtype", "_needs_device")

    # NumPy leaves the arithmetic to us.
    __array_ufunc__ = None

    def __init__(
        self,
        record: Record,
        given: dict[str, Any],
        curve: Curve,
        dtype: np.dtype[Any] | None = None,
        composition: "Schedule | None" = None,
    ):
        super().__init__(record, given)
        self._curve = curve
        self._dtype = dtype
        self._composition = composition
        self._needs_device = any(map(_needs_device, given.values()))

    def __call__(self, count: Any) -> jax.Array:
        wide = None if self._needs_device else _count.beyond(count)
        if wide is not None:
            values = np.array([self(entry) for entry in wide.ravel().tolist()])
            return jnp.asarray(values.reshape(wide.shape))
        taken = _count.as_count(count, self._needs_device)
        value: Any = self._curve(taken)
        dtype = None if self._dtype is None else jax.dtypes.canonicalize_dtype(self._dtype)
        if is_host(value):
            value = _to_array(_arithmetic.rounded_constant(value), dtype)
            if is_host(taken.whole):
                return value
        elif not isinstance(value, jax.Array) or value.weak_type or dtype:
            value = lax.convert_element_type(value, dtype or value.dtype)
        shape = np.shape(taken.whole)
        value = value if value.shape or not shape else lax.full_like(taken.whole, value, value.dtype)
        if taken.is_whole or value.shape != shape or not jnp.issubdtype(value.dtype, jnp.floating):
            return value
        part = jnp.asarray(taken.part.hi, value.dtype)
        return lax.select(part != part, part, value)

    @property
    def _definition(self) -> "Schedule":
        """What a named composition is made of, down to a factory that computes."""
        return self if self._composition is None else self._composition._definition

    def __add__(self, other: Any) -> "Schedule":
        return _operated("sum", self, other)

    def __radd__(self, other: Any) -> "Schedule":
        return _operated("sum", other, self)

    def __sub__(self, other: Any) -> "Schedule":
        return _operated("difference", self, other)

    def __rsub__(self, other: Any) -> "Schedule":
        return _operated("difference", other, self)

    def __mul__(self, other: Any) -> "Schedule":
        return _operated("product", self, other)

    def __rmul__(self, other: Any) -> "Schedule":
        return _operated("product", other, self)

    def __truediv__(self, other: Any) -> "Schedule":
        return _operated("quotient", self, other)

    def __rtruediv__(self, other: Any) -> "Schedule":
        return _operated("quotient", other, self)

    def __pow__(self, other: Any) -> "Schedule":
        return _operated("power", self, other)

    def __rpow__(self, other: Any) -> "Schedule":
        return _operated("power", other, self)

    def __neg__(self) -> "Schedule":
        return _operated("negative", self)


# tyro and chz make options of annotated arguments, and a schedule is one value to them.
Schedule.__init__.__annotations__ = {}


def promoted(bases: list[Any]) -> np.dtype[Any] | None:
    """The dtype of a combination of bases: JAX's default, unless one of them is cast.

    All is computed in the default dtype, so that the dtype of the result is known before any program runs.
    """
    if not any(isinstance(base, Schedule) and base._dtype for base in bases):
        return None
    dtypes = {dtype for base in bases if (dtype := _dtype_of(base))}
    try:
        with jax.numpy_dtype_promotion("standard"):
            result = functools.reduce(jnp.promote_types, dtypes)
    except jax.dtypes.TypePromotionError:
        names = " and ".join(sorted(dtype.name for dtype in dtypes))
        raise ValueError(f"{names} have no dtype in common: `cast` the schedules to one.") from None
    return None if result == _arithmetic.float_dtype() else result


def _dtype_of(base: Any) -> np.dtype[Any] | None:
    """The dtype that a base brings with it. A number and JAX's weakly typed numbers have none."""
    if isinstance(base, jax.Array):
        return None if base.weak_type else base.dtype
    if isinstance(base, Schedule) and base._dtype:
        return base._dtype
    return _arithmetic.float_dtype() if callable(base) else None


def at(base: Any, count: Count) -> Real:
    """The value of any base at a count, at least in JAX's default precision.

    This package's schedules take the count as it is. A foreign callable takes a plain number.
    """
    if isinstance(base, Schedule):
        value = base._curve(count)
        # A schedule may end in whole numbers, but what goes on with them computes in floats.
        return value if is_host(value) or jnp.issubdtype(value.dtype, jnp.floating) else _as_float(value)
    if not callable(base):
        return base.as_float(count.whole)
    return _checked(_foreign(base, _count.plain_number(count)), base, count)


def _foreign(base: Callable[[Any], Any], number: Real) -> Any:
    """What a callable that is not the package's returns for a count."""
    try:
        return base(number)
    except (jax.errors.TracerBoolConversionError, ValueError) as error:
        if isinstance(error, ValueError) and "truth value" not in str(error):
            raise
        raise TypeError(
            f"`{_name_of(base)}` decides by the count in plain Python, and here the count is traced or an array: write "
            "jnp.where(count < 5, a, b) for `a if count < 5 else b`."
        ) from error


def _checked(value: Any, base: Any, count: Count) -> Real:
    """A value that a callable returned, in floats, one for each count."""
    if value is None:
        raise TypeError(f"`{_name_of(base)}` must return a number at each count, got None.")
    value = _as_float(value)
    if np.shape(value) not in ((), np.shape(count.whole)):
        raise ValueError(
            f"`{_name_of(base)}` must return one value for each count, got an array of shape {np.shape(value)} for a "
            f"count of shape {np.shape(count.whole)}."
        )
    return value


def _name_of(base: Any) -> str:
    """The name of a callable in a message. A factory's function has the factory's name."""
    name = getattr(base, "__qualname__", None)
    return name.split(".<locals>")[0] if name else repr(base)


def _as_float(value: Any) -> Real:
    """What a callable returned, in floats of at least JAX's default precision."""
    if is_host(value) or (isinstance(value, (np.ndarray, np.generic)) and value.ndim == 0):
        return float(value)
    value = jnp.asarray(value)
    default = _arithmetic.float_dtype()
    wide = jnp.promote_types(value.dtype, default) if jnp.issubdtype(value.dtype, jnp.floating) else default
    return value if value.dtype == wide else lax.convert_element_type(value, wide)


def elementwise(function: Callable[..., Real], count: Count, *beside: Any) -> Real:
    """A function of one count at a time, and of the numbers beside it."""
    shape = np.shape(count.whole)
    if not shape:
        return function(count, *beside)
    leaves, tree = jax.tree.flatten((count, *beside))
    axes = [0 if np.shape(leaf) == shape else None for leaf in leaves]
    return _arithmetic.mapped(lambda *one: jnp.asarray(function(*tree.unflatten(one))), len(shape), axes)(*leaves)


# Arithmetic by name. `arithmetic` registers its factories here, since they make schedules themselves.
OPERATIONS: dict[str, Callable[..., Schedule]] = {}


def _operated(name: str, *sides: Any) -> Schedule:
    for side in sides:
        if isinstance(side, (np.ndarray, jax.Array)) and side.ndim:
            raise ValueError(
                f"A schedule is a function and has no arithmetic with an array of shape {side.shape}: call it with "
                "the count, or use optax.scale_by_schedule. To sweep, make it of scalars within jax.vmap."
            )
    if all(callable(side) or is_plain_number(side) or _is_number(side) for side in sides):
        return OPERATIONS[name](*sides)
    return NotImplemented


def _is_number(value: Any) -> bool:
    return isinstance(value, (np.number, np.ndarray, jax.Array, Given))


def _needs_device(value: Any) -> bool:
    """Whether an argument is, or holds, a JAX array or tracer."""
    if isinstance(value, (float, int, str)):
        return False
    if isinstance(value, (tuple, dict)):
        return any(map(_needs_device, value.values() if isinstance(value, dict) else value))
    return value._needs_device if isinstance(value, Schedule) else isinstance(value, jax.Array)
