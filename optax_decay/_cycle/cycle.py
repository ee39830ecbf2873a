"""The cycle that a count is in, by whichever way finds it."""

from typing import Any

from optax_decay import _arithmetic, _count
from optax_decay._arithmetic import Given, Real, is_host, where
from optax_decay._count import Count, Length
from optax_decay._cycle.closed_form import closed_form
from optax_decay._cycle.doubling import doubled
from optax_decay._cycle.table import cycles_within, search, search_on_host


def cycle(
    count: Count, cycle_steps: Given, t_mul: Given, cycles: Given | None, stretch: bool = True
) -> tuple[Real, Count]:
    """The index of the count's cycle, and the count that a base sees in it: t - B_i, slowed by t_mul**i if `stretch`.

    A beginning belongs to the cycle that begins. After `cycles` cycles the last one's end is held.
    """
    if is_host(count.whole) and count.whole == 0 and count.is_whole:  # the first step is in the first cycle
        return 0, count
    steps = _count.length(cycle_steps, count)
    count = _count.in_unit(count, steps.counted.unit)
    index, local = _found(count, steps, t_mul, cycles, stretch)
    if cycles is None:
        return index, local
    return _ended(index, local, _count.length(cycle_steps, local), t_mul, cycles, stretch)


def _found(count: Count, steps: Length, t_mul: Given, cycles: Given | None, stretch: bool) -> tuple[Real, Count]:
    if t_mul.known == 1:
        return _count.divide_with_remainder(count, steps)
    if t_mul.known == 2 and _is_whole(steps, count):
        return doubled(count, steps, stretch)
    if t_mul.fraction is None:
        return closed_form(count, steps, t_mul, stretch)
    most = None if cycles is None or cycles.known is None else int(cycles.known)
    if is_host(count.whole) and count.whole >= _count.last_count():
        return search_on_host(count, steps, t_mul.fraction, most, stretch)
    return search(count, steps, t_mul.fraction, most, stretch)


def _is_whole(steps: Length, beside: Count) -> bool:
    """Whether a length is known to be a whole number that fits beside a count."""
    if steps.known is None or steps.known.denominator != 1:
        return False
    return is_host(beside.whole) or steps.known <= _count.last_count()


def _ended(index: Real, local: Count, steps: Length, t_mul: Given, cycles: Given, stretch: bool) -> tuple[Real, Count]:
    """The end of the last cycle once that is over."""
    growth = None if stretch or t_mul.known == 1 else t_mul
    if is_host(index):
        last: Any = int(cycles.known) - 1
        return (last, _end_of_last(last, last, local, steps, growth)) if index > last else (index, local)
    if cycles.known is not None and cycles.known > _count.last_count():
        return index, local
    # Before NumPy 2 an int32 less a Python number is an int64.
    last = cycles.counted(_count.STEP, index)[0] - index.dtype.type(1)
    over = index > last
    end = _end_of_last(last if cycles.known is None else int(cycles.known) - 1, index, local, steps, growth)
    return where(over, last, index), _count.select(over, end, local)


def _end_of_last(last: Real, index: Real, beside: Count, steps: Length, growth: Given | None) -> Count:
    """What the base sees at the end of the last cycle, once a count is in a later one."""
    if growth is None:
        return steps.counted
    if growth.fraction is not None and steps.known is not None and is_host(last):
        if not is_host(index):  # there is no later cycle than this
            last = min(last, cycles_within(float(_count.last_count() / steps.known), float(growth.fraction)))
        length = steps.known * _arithmetic.raised_nearly(growth.fraction, last)
        return Count(*_arithmetic.whole_and_part(length, is_host(beside.whole)), beside.unit)
    # Before the last cycle has ended, its power may be larger than any float.
    last = _arithmetic.minimum(last, index)
    power = _arithmetic.raised_twofold(growth.twofold(), _arithmetic.of_integer(last))
    end = _count.from_real(_arithmetic.product(steps.real, power), beside)
    slope = _arithmetic.raised(growth.twofold(), _arithmetic.of_integer(last))
    return _count.differentiated_as(end, steps.real.hi * slope)
