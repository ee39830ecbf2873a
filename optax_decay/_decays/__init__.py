"""Decays: curves over the count."""

from optax_decay._decays.cosine import _cosine_between as _cosine_between
from optax_decay._decays.cosine import cosine_decay as cosine_decay
from optax_decay._decays.ending import one_minus_sqrt_decay as one_minus_sqrt_decay
from optax_decay._decays.ending import rex_decay as rex_decay
from optax_decay._decays.ending import tanh_decay as tanh_decay
from optax_decay._decays.endless import constant as constant
from optax_decay._decays.endless import exponential_decay as exponential_decay
from optax_decay._decays.endless import inverse_sqrt_decay as inverse_sqrt_decay
from optax_decay._decays.endless import inverse_time_decay as inverse_time_decay
from optax_decay._decays.endless import natural_exp_decay as natural_exp_decay
from optax_decay._decays.linear_cosine import linear_cosine_decay as linear_cosine_decay
from optax_decay._decays.linear_cosine import noisy_linear_cosine_decay as noisy_linear_cosine_decay
from optax_decay._decays.noise import standard_normal as standard_normal
from optax_decay._decays.piecewise import piecewise_constant as piecewise_constant
from optax_decay._decays.piecewise import piecewise_linear as piecewise_linear
from optax_decay._decays.polynomial import linear_decay as linear_decay
from optax_decay._decays.polynomial import polynomial_decay as polynomial_decay
from optax_decay._decays.weights import Weights as Weights
from optax_decay._decays.weights import line as line
from optax_decay._decays.weights import one_minus_sqrt as one_minus_sqrt
from optax_decay._decays.weights import raised_cosine as raised_cosine
