"""Clocks: combinators that change the count that a base sees."""

from optax_decay._clocks.cycles import cyclic as cyclic
from optax_decay._clocks.cycles import expanding_cycle as expanding_cycle
from optax_decay._clocks.cycles import warm_restarts as warm_restarts
from optax_decay._clocks.shifts import delay as delay
from optax_decay._clocks.shifts import per_step as per_step
from optax_decay._clocks.shifts import stretch as stretch
from optax_decay._clocks.turns import hold as hold
from optax_decay._clocks.turns import reverse as reverse
from optax_decay._clocks.turns import staircase as staircase
from optax_decay._clocks.turns import warp as warp
