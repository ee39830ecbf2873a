"""Learning-rate schedules for JAX: TensorFlow's decays, and an algebra that makes any of them cyclic or restarted."""

from optax_decay._clocks import cyclic as cyclic
from optax_decay._clocks import expanding_cycle as expanding_cycle
from optax_decay._clocks import warm_restarts as warm_restarts
from optax_decay._decays import constant as constant
from optax_decay._decays import cosine_decay as cosine_decay
from optax_decay._decays import exponential_decay as exponential_decay
from optax_decay._decays import inverse_time_decay as inverse_time_decay
from optax_decay._decays import linear_cosine_decay as linear_cosine_decay
from optax_decay._decays import linear_decay as linear_decay
from optax_decay._decays import natural_exp_decay as natural_exp_decay
from optax_decay._decays import noisy_linear_cosine_decay as noisy_linear_cosine_decay
from optax_decay._decays import piecewise_constant as piecewise_constant
from optax_decay._decays import polynomial_decay as polynomial_decay
from optax_decay._presets import cosine_decay_restarts as cosine_decay_restarts
from optax_decay._schedule import Schedule as Schedule
from optax_decay._schedule import as_schedule as as_schedule
from optax_decay._schedule import schedule as schedule

__version__ = "0.1.0"

__all__ = [
    "Schedule",
    "as_schedule",
    "constant",
    "cosine_decay",
    "cosine_decay_restarts",
    "cyclic",
    "expanding_cycle",
    "exponential_decay",
    "inverse_time_decay",
    "linear_cosine_decay",
    "linear_decay",
    "natural_exp_decay",
    "noisy_linear_cosine_decay",
    "piecewise_constant",
    "polynomial_decay",
    "schedule",
    "warm_restarts",
]
