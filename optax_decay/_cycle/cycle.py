"""The cycle that a count is in, by whichever way finds it."""

from typing import Any

from optax_decay import _count
from optax_decay._arithmetic import Given, Real, is_host, where
from optax_decay._count import Count, Length
from optax_decay._cycle.closed_form import closed_form
from optax_decay._cycle.table import search, search_on_host


def cycle(count: Count, cycle_steps: Given, t_mul: Given, cycles: Given | None) -> tuple[Real, Count]:
    """The index of the count's cycle, and the count that a base sees in it: t - B_i, slowed by t_mul**i.

    A beginning belongs to the cycle that begins. After `cycles` cycles the last one's end, cycle_steps, is held.
    """
    if is_host(count.whole) and count.whole == 0 and count.is_whole:  # the first step is in the first cycle
        return 0, count
    steps = _count.length(cycle_steps, count)
    count = _count.in_unit(count, steps.counted.unit)
    index, local = _found(count, steps, t_mul, cycles)
    return (index, local) if cycles is None else _ended(index, local, _count.length(cycle_steps, local), cycles)


def _found(count: Count, steps: Length, t_mul: Given, cycles: Given | None) -> tuple[Real, Count]:
    if t_mul.known == 1:
        return _count.divide_with_remainder(count, steps)
    if t_mul.fraction is None:
        return closed_form(count, steps, t_mul)
    most = None if cycles is None or cycles.known is None else int(cycles.known)
    if is_host(count.whole) and count.whole >= _count.last_count():
        return search_on_host(count, steps, t_mul.fraction, most)
    return search(count, steps, t_mul.fraction, most)


def _ended(index: Real, local: Count, steps: Length, cycles: Given) -> tuple[Real, Count]:
    """The end of the last cycle once that is over."""
    if is_host(index):
        return (int(cycles.known) - 1, steps.counted) if index >= cycles.known else (index, local)
    if cycles.known is not None and cycles.known > _count.last_count():
        return index, local
    # Before NumPy 2 an int32 less a Python number is an int64.
    last: Any = cycles.counted(_count.STEP, index)[0] - index.dtype.type(1)
    over = index > last
    return where(over, last, index), _count.select(over, steps.counted, local)
