"""How far along an axis a number is, and the round numbers along it."""

import math
from typing import Any, NamedTuple

import numpy as np


class Scale(NamedTuple):
    """An axis between two finite ends; NaN where there is nothing along it."""

    least: float
    greatest: float
    log: bool = False

    def shares(self, numbers: Any) -> Any:
        """Where numbers are, from 0 at the least to 1 at the greatest, or in the middle if those are equal."""
        least, greatest, here = (np.log10(x) if self.log else np.float64(x) for x in (*self[:2], numbers))
        # Halves, since the whole span may be beyond the largest float.
        span = greatest / 2 - least / 2
        return (here / 2 - least / 2) / span if span else np.full(np.shape(here), 0.5)

    def ticks(self, most: int) -> dict[str, float]:
        """About `most` round numbers along it with their labels, or powers of ten if it is logarithmic."""
        if math.isnan(self.least):
            return {}
        found = _round_numbers(self.least, self.greatest, most)
        if self.log:
            powers = _round_numbers(math.log10(self.least), math.log10(self.greatest), most)
            whole = [10.0**power for power in powers if power == round(power)]
            found = whole if len(whole) > 1 else found
        return {_label(number): number for number in found}


def _round_numbers(least: float, greatest: float, most: int) -> list[float]:
    """The multiples of 1, 2 or 5 times a power of ten within two ends."""
    span = greatest - least
    if not 0 < span < math.inf:
        return [least]
    power = 10.0 ** math.floor(math.log10(span / most))
    step = next(n * power for n in (1, 2, 5, 10, 20) if n * power * most >= span)
    slack = 1e-9  # of a step: an end may be a rounding away from a tick
    return [n * step for n in range(math.ceil(least / step - slack), math.floor(greatest / step + slack) + 1)]


def _label(tick: float) -> str:
    return f"{tick:.0f}" if tick == round(tick) and abs(tick) < 1e9 else f"{tick:.7g}"


def scales(curves: Any, log: bool) -> tuple[Scale, Scale]:
    """The axes for curves of counts and values; a whole step ends where the next begins."""
    counts, values = (np.concatenate(side) for side in zip(*curves, strict=True))
    if not len(values):  # nothing can be drawn
        return Scale(0.0, 1.0), Scale(math.nan, math.nan, log)
    last = counts.max() + np.issubdtype(counts.dtype, np.integer)
    return Scale(float(counts.min()), float(last)), Scale(float(values.min()), float(values.max()), log)


def drawable(counts: Any, values: Any, log: bool) -> tuple[Any, Any]:
    """The part of a curve that can be drawn: finite values, and only those above 0 on a logarithmic scale."""
    values = values.astype(np.float64)
    shown = np.isfinite(values) & ((values > 0) | (not log))
    return counts[shown], values[shown]
