"""Clocks: combinators that change the count that a base sees."""

from optax_decay._clocks.cycles import cyclic as cyclic
from optax_decay._clocks.cycles import expanding_cycle as expanding_cycle
from optax_decay._clocks.cycles import warm_restarts as warm_restarts
from optax_decay._clocks.shifts import delay as delay
from optax_decay._clocks.shifts import hold as hold
from optax_decay._clocks.shifts import reverse as reverse
from optax_decay._clocks.shifts import staircase as staircase
from optax_decay._clocks.speeds import per_step as per_step
from optax_decay._clocks.speeds import stretch as stretch
from optax_decay._clocks.speeds import warp as warp
