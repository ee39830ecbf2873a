"""Learning-rate schedules for JAX: TensorFlow's decays, and an algebra that makes any of them cyclic or restarted."""

from optax_decay._clocks import cyclic as cyclic
from optax_decay._clocks import delay as delay
from optax_decay._clocks import expanding_cycle as expanding_cycle
from optax_decay._clocks import hold as hold
from optax_decay._clocks import per_step as per_step
from optax_decay._clocks import reverse as reverse
from optax_decay._clocks import staircase as staircase
from optax_decay._clocks import stretch as stretch
from optax_decay._clocks import warm_restarts as warm_restarts
from optax_decay._clocks import warp as warp
from optax_decay._decays import constant as constant
from optax_decay._decays import cosine_decay as cosine_decay
from optax_decay._decays import exponential_decay as exponential_decay
from optax_decay._decays import inverse_sqrt_decay as inverse_sqrt_decay
from optax_decay._decays import inverse_time_decay as inverse_time_decay
from optax_decay._decays import linear_cosine_decay as linear_cosine_decay
from optax_decay._decays import linear_decay as linear_decay
from optax_decay._decays import natural_exp_decay as natural_exp_decay
from optax_decay._decays import noisy_linear_cosine_decay as noisy_linear_cosine_decay
from optax_decay._decays import one_minus_sqrt_decay as one_minus_sqrt_decay
from optax_decay._decays import piecewise_constant as piecewise_constant
from optax_decay._decays import piecewise_linear as piecewise_linear
from optax_decay._decays import polynomial_decay as polynomial_decay
from optax_decay._decays import rex_decay as rex_decay
from optax_decay._decays import tanh_decay as tanh_decay
from optax_decay._phases import cooldown as cooldown
from optax_decay._phases import sequence as sequence
from optax_decay._phases import warmup as warmup
from optax_decay._presets import cosine_decay_restarts as cosine_decay_restarts
from optax_decay._presets import exp_range as exp_range
from optax_decay._presets import noam as noam
from optax_decay._presets import one_cycle as one_cycle
from optax_decay._presets import triangular as triangular
from optax_decay._presets import triangular2 as triangular2
from optax_decay._presets import warmup_cosine_decay as warmup_cosine_decay
from optax_decay._presets import warmup_stable_decay as warmup_stable_decay
from optax_decay._schedule import Schedule as Schedule
from optax_decay._schedule import as_schedule as as_schedule
from optax_decay._schedule import schedule as schedule
from optax_decay._schedule.protocols import ANSWERS as _ANSWERS
from optax_decay._text import ParseError as ParseError
from optax_decay._text import parse as parse
from optax_decay._values import cast as cast
from optax_decay._values import clip as clip
from optax_decay._values import jitter as jitter
from optax_decay._values import scheduled as scheduled
from optax_decay._view import as_html as _as_html
from optax_decay._view import plot as plot
from optax_decay._view import sample as sample

__version__ = "0.2.0"

__all__ = [
    "ParseError",
    "Schedule",
    "as_schedule",
    "cast",
    "clip",
    "constant",
    "cooldown",
    "cosine_decay",
    "cosine_decay_restarts",
    "cyclic",
    "delay",
    "exp_range",
    "expanding_cycle",
    "exponential_decay",
    "hold",
    "inverse_sqrt_decay",
    "inverse_time_decay",
    "jitter",
    "linear_cosine_decay",
    "linear_decay",
    "natural_exp_decay",
    "noam",
    "noisy_linear_cosine_decay",
    "one_cycle",
    "one_minus_sqrt_decay",
    "parse",
    "per_step",
    "piecewise_constant",
    "piecewise_linear",
    "plot",
    "polynomial_decay",
    "reverse",
    "rex_decay",
    "sample",
    "schedule",
    "scheduled",
    "sequence",
    "staircase",
    "stretch",
    "tanh_decay",
    "triangular",
    "triangular2",
    "warm_restarts",
    "warmup",
    "warmup_cosine_decay",
    "warmup_stable_decay",
    "warp",
]

_ANSWERS.update(html=_as_html, text=parse)

# Pickles, configurations and documentation find a public name here, whichever file it is written in.
for _name in __all__:
    globals()[_name].__module__ = __name__
