"""Compositions: schedules with names, each made of the others in one line."""

from optax_decay._presets.cycles import cosine_decay_restarts as cosine_decay_restarts
from optax_decay._presets.cycles import exp_range as exp_range
from optax_decay._presets.cycles import triangular as triangular
from optax_decay._presets.cycles import triangular2 as triangular2
from optax_decay._presets.runs import noam as noam
from optax_decay._presets.runs import one_cycle as one_cycle
from optax_decay._presets.runs import warmup_cosine_decay as warmup_cosine_decay
from optax_decay._presets.runs import warmup_stable_decay as warmup_stable_decay
