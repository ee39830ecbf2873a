"""Single real numbers, the same for Python floats and for JAX arrays.

A schedule called with a Python number computes in Python: exact integers, float64, a few microseconds. Called with an
array or a tracer it computes in JAX. The decays and the clocks do not know which: they are written with operators and
the functions here.
"""

import math
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

Real = Any  # a Python number, a NumPy scalar standing for a constant in a trace, or a JAX array

_HOST = frozenset((int, float))


def is_host(value: Real, *others: Real) -> bool:
    """Whether all values are Python numbers, for computing in Python. NumPy's scalars belong to a trace."""
    if type(value) not in _HOST:
        return False
    return not others or all(type(other) in _HOST for other in others)


def float_dtype() -> np.dtype:
    """JAX's default float dtype: float32, or float64 under `jax_enable_x64`."""
    return jax.dtypes.canonicalize_dtype(np.float64)


def int_dtype() -> np.dtype:
    """The dtype of whole counts: int32, or int64 under `jax_enable_x64`."""
    return jax.dtypes.canonicalize_dtype(np.int64)


def is_differentiable(value: Real) -> bool:
    """Whether a derivative may flow through `value`."""
    return isinstance(value, jax.Array) and jnp.issubdtype(value.dtype, jnp.floating)


def with_gradient(value: Real, formula: Real) -> Real:
    """`value` bit for bit, differentiated as `formula`, because exact arithmetic has no derivative of its own."""
    if not is_differentiable(formula):
        return value
    return lax.stop_gradient(value) + (formula - lax.stop_gradient(formula))


def as_float(value: Real, beside: Real) -> Real:
    """`value` in working precision: a Python float beside a host number `beside`, else of JAX's float dtype."""
    if is_host(value):
        return float(value) if is_host(beside) else rounded_constant(value)
    return lax.convert_element_type(value, float_dtype())


def rounded_constant(value: float) -> np.floating[Any]:
    """A Python number as a constant in a trace: infinite beyond the largest float."""
    if -1e38 < value < 1e38:
        return float_dtype().type(value)
    with np.errstate(over="ignore"):
        return float_dtype().type(value)


def rounded_to(value: Real, dtype: np.dtype[Any]) -> Real:
    """A float as another float dtype holds it, in working precision as before."""
    if is_host(value):
        with np.errstate(over="ignore"):
            return float(rounded_constant(value).astype(dtype))
    if dtype.itemsize >= value.dtype.itemsize:
        return value
    # XLA drops a conversion there and back, unless something stands between.
    if dtype == jnp.bfloat16:
        return lax.reduce_precision(value, 8, 7)
    return lax.convert_element_type(lax.optimization_barrier(lax.convert_element_type(value, dtype)), value.dtype)


def to_float(value: Real) -> Real:
    """`value` as a float: a Python float for a Python number, else of JAX's float dtype."""
    return as_float(value, value)


def where(condition: Any, x: Real, y: Real) -> Real:
    """`x` where `condition` holds, else `y`: one select, where `jnp.where` is a nested jit."""
    if isinstance(condition, (bool, np.bool_)):
        return x if condition else y
    dtype = next((v.dtype for v in (x, y) if not is_host(v)), float_dtype())
    return lax.select(*jnp.broadcast_arrays(condition, jnp.asarray(x, dtype), jnp.asarray(y, dtype)))


def zero_of(x: Real) -> Real:
    """A zero of the kind, dtype and shape of `x`. An infinity times 0 would be NaN."""
    return type(x)(0) if is_host(x) else jnp.zeros_like(x)


def mapped(function: Callable[..., Any], dimensions: int, axes: Any = 0) -> Callable[..., Any]:
    """A function of scalars as one of arrays, by a map for each dimension: explicit axes allow no reshape."""
    for _ in range(dimensions):
        function = jax.vmap(function, axes)
    return function


def entry(table: jax.Array, index: jax.Array) -> jax.Array:
    """table[index], for an index known to be inside; on a mesh with explicit axes it lies where the index does."""
    sharding = getattr(index.aval, "sharding", None)
    if not index.ndim and getattr(getattr(sharding, "mesh", None), "explicit_axes", ()):
        # A map may stand around it, and JAX cannot place what a map looks up on explicit axes, but can place a sum.
        chosen = lax.iota(index.dtype, len(table)) == index
        return lax.reduce_sum(where(chosen, table, zero_of(table)), (0,))
    placed: dict[str, Any] = {"out_sharding": sharding} if any(getattr(sharding, "spec", ())) else {}
    return table.at[index].get(mode="promise_in_bounds", **placed)


def floor(x: Real) -> Real:
    return float(math.floor(x)) if is_host(x) else lax.floor(x)


def sin(x: Real) -> Real:
    return math.sin(x) if is_host(x) else lax.sin(x)


def sqrt(x: Real) -> Real:
    """The square root. At 0, where it has no slope, 1 replaces x, so that its derivative is finite."""
    return math.sqrt(x) if is_host(x) else where(x == 0, 0.0, lax.sqrt(where(x == 0, 1.0, x)))


def power(x: Real, y: Real) -> Real:
    """x**y for x > 0."""
    return x**y if is_host(x, y) else lax.pow(*jnp.broadcast_arrays(to_float(x), to_float(y)))


def minimum(x: Real, y: Real) -> Real:
    return min(x, y) if is_host(x, y) else jnp.minimum(x, y)


def maximum(x: Real, y: Real) -> Real:
    return max(x, y) if is_host(x, y) else jnp.maximum(x, y)


def divide(x: Real, y: Real) -> Real:
    """x / y with IEEE's infinities, on the host too."""
    if is_host(x, y) and y == 0:
        return math.nan if x == 0 or math.isnan(x) else math.copysign(math.inf, x) * math.copysign(1.0, y)
    with np.errstate(divide="ignore", invalid="ignore"):  # of constants in a trace
        return x / y


def is_zero(x: Real) -> bool:
    """Whether x is known to be zero before any program runs, so that nothing need be computed with it."""
    return isinstance(x, (float, np.floating)) and x == 0
