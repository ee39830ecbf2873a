"""How a count is taken in: whatever a user may pass as one."""

import math
from functools import lru_cache
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax
from jax.core import Tracer

from optax_decay import _arithmetic
from optax_decay._arithmetic import Twofold, int_dtype, where
from optax_decay._count.count import Count
from optax_decay._count.integers import last_count

# Far below the largest float, so that no product in Python is infinite.
_END_OF_THE_HOST = 1 << 600


def as_count(count: Any, device: bool) -> Count:
    """Any count that a user may pass; on the host if it is a concrete scalar, unless `device`."""
    if isinstance(count, Count):
        return count
    if type(count) is int:
        host = Count(min(max(count, 0), _END_OF_THE_HOST))
        return on_device(host) if device else host
    if not isinstance(count, jax.Array) and hasattr(count, "__jax_array__"):
        count = count.__jax_array__()
    if isinstance(count, jax.Array):
        if not (jnp.issubdtype(count.dtype, jnp.integer) or jnp.issubdtype(count.dtype, jnp.floating)):
            raise TypeError(f"`count` must hold real numbers, got {count.dtype}.")
        if device or isinstance(count, Tracer) or count.ndim or count.devices() != _cpu():
            return _device_count(count)
        count = _host_of_device(count)
    elif isinstance(count, (np.ndarray, np.generic)):
        count = _numpy(count)
        if count.ndim:
            return _host_array(count)
        count = count.item()
    if isinstance(count, bool) or not isinstance(count, (int, float)):
        raise TypeError(f"`count` must be a number or an array of them, got {count!r}.")
    if count != count:
        return _device_count(jnp.asarray(count))
    host = _host_count(count)
    return on_device(host) if device else host


def _host_of_device(count: jax.Array) -> int | float:
    """A JAX scalar as a Python number. JAX's integers end, and its floats end with them."""
    return min(count.item(), last_count()) if count.item() == count.item() else math.nan


def _numpy(count: Any) -> Any:
    if count.dtype.kind not in "iuf":
        count = np.asarray(count).astype(np.float32) if count.dtype == jnp.bfloat16 else count
    if count.dtype.kind not in "iuf":
        raise TypeError(f"`count` must hold real numbers, got {count.dtype}.")
    return count


def _host_count(count: int | float) -> Count:
    if isinstance(count, int):
        return Count(min(max(count, 0), _END_OF_THE_HOST))
    if count >= float(_END_OF_THE_HOST):
        return Count(_END_OF_THE_HOST)
    whole = math.floor(max(count, 0.0))
    return Count(whole, Twofold(max(count, 0.0) - whole, 0.0))


def beyond(count: Any) -> np.ndarray[Any, Any] | None:
    """A NumPy array of counts that do not all fit into JAX's default integers, to be computed on the host."""
    if not isinstance(count, np.ndarray) or not count.ndim or not count.size or count.dtype.kind not in "iuf":
        return None
    if count.dtype.kind in "iu" and np.iinfo(count.dtype).max <= last_count():
        return None
    wide = count if count.dtype.kind in "iu" else count.astype(np.float64)
    return wide if (wide > last_count()).any() else None


@lru_cache(maxsize=1)
def _cpu() -> set[Any] | None:
    """The default device where that is a CPU: a scalar that lives there can be read without a transfer."""
    device = jax.devices()[0]
    return {device} if device.platform == "cpu" else None


def on_device(count: Count) -> Count:
    """A host count as JAX scalars, held at the last count."""
    dtype, limit = _arithmetic.float_dtype(), last_count()
    if count.whole >= limit:
        return Count(jnp.asarray(limit, int_dtype()))
    part = count.part if count.is_whole else Twofold(*(jnp.asarray(x, dtype) for x in count.part))
    return Count(jnp.asarray(count.whole, int_dtype()), part)


def _host_array(count: Any) -> Count:
    """A NumPy array, clipped and taken apart before JAX could round it."""
    limit = last_count()
    if count.dtype.kind in "iu":
        return Count(jnp.asarray(np.clip(count, 0, min(limit, np.iinfo(count.dtype).max)), int_dtype()))
    count = np.maximum(count.astype(np.float64), 0)
    whole = np.floor(np.where(count < limit, count, 0)).astype(np.int64)
    part = np.where(count < limit, count - whole, np.where(np.isnan(count), np.nan, 0))
    part = jnp.asarray(part, _arithmetic.float_dtype())
    return Count(jnp.asarray(np.where(count >= limit, limit, whole), int_dtype()), Twofold(part, jnp.zeros_like(part)))


def _device_count(count: jax.Array) -> Count:
    dtype, limit = int_dtype(), last_count()
    if jnp.issubdtype(count.dtype, jnp.integer):
        if np.iinfo(count.dtype).max > limit:
            count = lax.min(count, jnp.asarray(limit, count.dtype))
        number = lax.convert_element_type(count, dtype)
        whole = lax.max(number, jnp.asarray(0, dtype))
        return Count(whole, taken=(whole, number))
    count = lax.convert_element_type(count, _arithmetic.float_dtype())
    count = where(count < 0, 0.0, count)
    whole = lax.floor(count)
    within = count < float(limit)
    return Count(
        where(within, lax.convert_element_type(whole, dtype), where(count == count, limit, 0)),
        Twofold(where(within | (count != count), count - whole, 0.0), jnp.zeros_like(count)),
    )
