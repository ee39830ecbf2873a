"""Exact arithmetic on counts: what one is, how it is taken in, lengths, division, progress, tables."""

from optax_decay._count import tables
from optax_decay._count.count import (
    STEP,
    Count,
    as_real,
    coarser,
    differentiated_as,
    floored,
    from_real,
    in_one_float,
    in_unit,
    normalised,
    plain_number,
    real,
    scaled,
    start,
)
from optax_decay._count.division import divide_with_remainder, horizon, refined, stage
from optax_decay._count.intake import as_count, beyond, on_device
from optax_decay._count.integers import divided, last_count
from optax_decay._count.lengths import (
    Length,
    exact_length,
    length,
    over,
    quickened,
    rescaled,
    shifted,
    slowed,
    steps_beside,
    until,
)
from optax_decay._count.progress import elapsed, fraction, remaining
from optax_decay._count.sums import difference, least, reached, select, sum_of, together
from optax_decay._count.warp import warped

__all__ = [
    "STEP",
    "Count",
    "Length",
    "as_count",
    "as_real",
    "beyond",
    "coarser",
    "difference",
    "differentiated_as",
    "divide_with_remainder",
    "divided",
    "elapsed",
    "exact_length",
    "floored",
    "fraction",
    "from_real",
    "horizon",
    "in_one_float",
    "in_unit",
    "last_count",
    "least",
    "length",
    "normalised",
    "on_device",
    "over",
    "plain_number",
    "quickened",
    "reached",
    "real",
    "refined",
    "remaining",
    "rescaled",
    "scaled",
    "select",
    "shifted",
    "slowed",
    "stage",
    "start",
    "steps_beside",
    "sum_of",
    "tables",
    "together",
    "until",
    "warped",
]
