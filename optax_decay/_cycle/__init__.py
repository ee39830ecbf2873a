"""Which cycle a count is in, when cycles grow or shrink by a factor: exact, at any number of cycles.

Cycle i begins at B_i = cycle_steps * S_i, with S_i = 1 + t_mul + ... + t_mul**(i - 1), and runs t_mul**i times slower
than the first. For a known t_mul the beginnings are one table of integers and ratios of integers, made in Python's
long integers: it has as many rows as there are cycles before the last count, about log(2**31) / log(t_mul). For a
traced t_mul they follow from the closed form of S_i.
"""

from optax_decay._cycle.cycle import cycle
from optax_decay._cycle.table import ONE_IN_BITS, powers

__all__ = ["ONE_IN_BITS", "cycle", "powers"]
