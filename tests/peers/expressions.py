"""Each schedule that `record.py` recorded from another library, as one expression of this one.

The keys are "library schedule variant", as `key` in `cases.py` joins them; the values take the package, or whatever
has its names. A learning rate that the other library reads from the optimizer stands in the expression.
"""

from collections.abc import Callable
from typing import Any

from tests.peers.texts import TEXTS

EXPRESSIONS: dict[str, Callable[[Any], Any]] = {
    # Keras
    "Keras ExponentialDecay": lambda od: od.exponential_decay(0.1, 300, 0.9),
    "Keras ExponentialDecay staircase": lambda od: od.exponential_decay(0.1, 300, 0.9, staircase=True),
    "Keras InverseTimeDecay": lambda od: od.inverse_time_decay(0.1, 300, 0.9),
    "Keras InverseTimeDecay staircase": lambda od: od.inverse_time_decay(0.1, 300, 0.9, staircase=True),
    "Keras PiecewiseConstantDecay": lambda od: od.piecewise_constant([100, 1000], [0.1, 0.05, 0.001]),
    "Keras PolynomialDecay": lambda od: od.polynomial_decay(0.1, 300, 0.01, 2),
    "Keras PolynomialDecay cycle": lambda od: od.polynomial_decay(0.1, 300, 0.01, 2, cycle=True),
    "Keras CosineDecay": lambda od: od.cosine_decay(0.1, 1000, 0.05),
    "Keras CosineDecay warmup": lambda od: od.warmup(od.cosine_decay(0.1, 1000, 0.05), 200, init_value=0.01),
    "Keras CosineDecayRestarts": lambda od: od.cosine_decay_restarts(0.1, 100, alpha=0.05),
    "Keras CosineDecayRestarts equal": lambda od: od.cosine_decay_restarts(0.1, 100, t_mul=1, m_mul=0.5, alpha=0.05),
    "Keras CosineDecayRestarts shrinking": lambda od: od.cosine_decay_restarts(0.1, 100, m_mul=0.8, alpha=0.05),
    # PyTorch
    "PyTorch ConstantLR": lambda od: od.sequence((0.05, 40), 0.1),
    "PyTorch LinearLR": lambda od: od.warmup(0.1, 50, init_value=0.025),
    "PyTorch ExponentialLR": lambda od: od.exponential_decay(0.1, 1, 0.97),
    "PyTorch StepLR": lambda od: od.exponential_decay(0.1, 30, 0.1, staircase=True),
    "PyTorch MultiStepLR": lambda od: od.delay(od.piecewise_constant([30, 80], [0.1, 0.01, 0.001]), -1),
    "PyTorch PolynomialLR": lambda od: od.polynomial_decay(0.1, 300, 0.0, 2),
    "PyTorch CosineAnnealingLR": lambda od: od.cosine_decay(0.1, 300, 0.05),
    "PyTorch CosineAnnealingLR beyond T_max": lambda od: od.delay(
        od.cyclic(od.cosine_decay(0.1, 300, 0.05), 300), -300
    ),
    "PyTorch CosineAnnealingWarmRestarts": lambda od: od.cosine_decay_restarts(0.1, 100, t_mul=1, alpha=0.05),
    "PyTorch CosineAnnealingWarmRestarts growing": lambda od: od.cosine_decay_restarts(0.1, 100, t_mul=2, alpha=0.05),
    "PyTorch CyclicLR triangular": lambda od: od.cyclic(od.linear_decay(0.1, 300, 0.001), 300, rise_steps=100),
    "PyTorch CyclicLR triangular2": lambda od: od.cyclic(
        od.linear_decay(0.1, 300, 0.001), 300, rise_steps=100, m_mul=0.5, baseline=0.001
    ),
    "PyTorch CyclicLR exp_range": lambda od: (
        0.001 + od.cyclic(od.linear_decay(0.099, 300), 300, rise_steps=100) * od.exponential_decay(1, 1, 0.999)
    ),
    "PyTorch OneCycleLR cos": lambda od: od.one_cycle(0.1, 999, rise_fraction=299 / 999),
    "PyTorch OneCycleLR linear": lambda od: od.piecewise_linear([0, 299, 999], [0.004, 0.1, 4e-7]),
    "PyTorch OneCycleLR cos, three_phase": lambda od: od.sequence(
        (od.cyclic(od.cosine_decay(0.1, 299, 0.04), 299), 598), od.cosine_decay(0.004, 401, 1e-4)
    ),
    "PyTorch OneCycleLR linear, three_phase": lambda od: od.piecewise_linear(
        [0, 299, 598, 999], [0.004, 0.1, 0.004, 4e-7]
    ),
    "PyTorch SequentialLR": lambda od: od.sequence(
        (od.linear_decay(0.01, 20, 0.1), 20), (od.cosine_decay(0.1, 200), 200), 0.001
    ),
    "PyTorch SequentialLR step": lambda od: od.sequence((0.01, 20), od.exponential_decay(0.1, 30, 0.5, staircase=True)),
    "PyTorch ChainedScheduler": lambda od: od.warmup(0.1, 40, init_value=0.025) * od.exponential_decay(1, 1, 0.97),
    "PyTorch SWALR cos": lambda od: od.cosine_decay(0.1, 50, 0.5),
    "PyTorch SWALR linear": lambda od: od.linear_decay(0.1, 50, 0.05),
    # optax
    "optax constant_schedule": lambda od: od.constant(0.1),
    "optax polynomial_schedule": lambda od: od.delay(od.polynomial_decay(0.1, 300, 0.01, 2), 50),
    "optax linear_schedule": lambda od: od.linear_decay(0.1, 300, 0.01),
    "optax linear_schedule transition_begin": lambda od: od.delay(od.linear_decay(0.1, 300, 0.01), 50),
    "optax piecewise_constant_schedule": lambda od: od.delay(od.piecewise_constant([200, 500], [0.1, 0.05, 0.005]), -1),
    "optax piecewise_interpolate_schedule linear": lambda od: od.piecewise_linear([0, 200, 500], [0.1, 0.05, 0.005]),
    "optax piecewise_interpolate_schedule cosine": lambda od: od.sequence(
        (od.cosine_decay(0.1, 200, 0.5), 200), od.cosine_decay(0.05, 300, 0.1)
    ),
    "optax exponential_decay": lambda od: od.exponential_decay(0.1, 200, 0.5),
    "optax exponential_decay staircase": lambda od: od.exponential_decay(0.1, 200, 0.5, staircase=True),
    "optax exponential_decay transition_begin": lambda od: od.delay(od.exponential_decay(0.1, 200, 0.5), 50),
    "optax exponential_decay end_value": lambda od: od.clip(od.exponential_decay(0.1, 200, 0.5), min_value=0.01),
    "optax exponential_decay all options": lambda od: od.clip(
        od.delay(od.exponential_decay(0.1, 200, 0.5, staircase=True), 50), min_value=0.01
    ),
    "optax exponential_decay rising": lambda od: od.clip(od.exponential_decay(0.001, 200, 2), max_value=0.01),
    "optax cosine_decay_schedule": lambda od: od.cosine_decay(0.1, 1000, 0.05),
    "optax cosine_decay_schedule exponent 2": lambda od: (
        od.cosine_decay(0.095, 1000) * od.cosine_decay(1, 1000) + 0.005
    ),
    "optax warmup_constant_schedule": lambda od: od.warmup(0.1, 100, init_value=0.01),
    "optax warmup_cosine_decay_schedule": lambda od: od.warmup_cosine_decay(
        0.1, 100, 1000, init_value=0.01, end_value=0.001
    ),
    "optax warmup_exponential_decay_schedule": lambda od: od.warmup(
        od.clip(od.delay(od.exponential_decay(0.1, 200, 0.5), 50), min_value=0.005), 100, init_value=0.01
    ),
    "optax warmup_exponential_decay_schedule staircase": lambda od: od.warmup(
        od.exponential_decay(0.1, 200, 0.5, staircase=True), 100, init_value=0.01
    ),
    "optax join_schedules": lambda od: od.sequence(
        (0.01, 100), (od.linear_decay(0.1, 300, 0.02), 300), od.exponential_decay(0.02, 200, 0.5)
    ),
    "optax sgdr_schedule": lambda od: od.sequence(
        (od.warmup_cosine_decay(0.1, 20, 200), 200),
        od.warmup_cosine_decay(0.05, 50, 300, init_value=0.01, end_value=0.001),
    ),
    "optax sgdr_schedule growing": lambda od: od.warm_restarts(
        od.warmup_cosine_decay(0.1, 20, 200), 200, t_mul=2, m_mul=0.5, cycles=3
    ),
    "optax cosine_onecycle_schedule": lambda od: od.one_cycle(0.1, 1000),
    "optax cosine_onecycle_schedule cut": lambda od: od.one_cycle(0.1, 999, rise_fraction=299 / 999),
    "optax linear_onecycle_schedule": lambda od: od.piecewise_linear([0, 300, 850, 1000], [0.004, 0.1, 0.004, 4e-7]),
    # timm
    "timm CosineLRScheduler": lambda od: od.sequence(
        (od.linear_decay(0.001, 20, 0.1), 20), od.delay(od.cosine_decay(0.1, 300, 0.01), -20)
    ),
    "timm CosineLRScheduler warmup_prefix": lambda od: od.warmup(od.cosine_decay(0.1, 300, 0.01), 20, init_value=0.001),
    "timm CosineLRScheduler cycles": lambda od: od.warmup(
        od.warm_restarts(od.cosine_decay(0.1, 300), 300, t_mul=2, m_mul=0.5, cycles=3), 20, init_value=0.001
    ),
    "timm CosineLRScheduler cycles, lr_min": lambda od: od.warmup(
        od.warm_restarts(od.cosine_decay(0.1, 300), 300, t_mul=2, m_mul=0.5, cycles=3)
        + od.warm_restarts(0.001 - od.cosine_decay(0.001, 300), 300, t_mul=2, cycles=3),
        20,
        init_value=0.001,
    ),
    "timm StepLRScheduler": lambda od: od.warmup(
        od.exponential_decay(0.1, 30, 0.5, staircase=True), 20, init_value=0.001
    ),
    "timm MultiStepLRScheduler": lambda od: od.sequence((0.1, 29), (0.01, 50), 0.001),
    "timm PolyLRScheduler": lambda od: od.sequence(
        (od.linear_decay(0.001, 20, 0.1), 20), od.delay(od.polynomial_decay(0.1, 300, 0.001, 2), -20)
    ),
    "timm PolyLRScheduler warmup_prefix": lambda od: od.warmup(
        od.polynomial_decay(0.1, 300, 0.0, 0.5), 20, init_value=0.001
    ),
    "timm PolyLRScheduler cycles": lambda od: od.warmup(
        od.warm_restarts(od.polynomial_decay(0.1, 300, 0.0, 2), 300, t_mul=2, m_mul=0.5, cycles=3), 20, init_value=0.001
    ),
    "timm TanhLRScheduler": lambda od: od.warmup(
        od.delay(od.sequence((od.tanh_decay(0.1, 300, 0.001), 300), 0.001), -20), 20, init_value=0.001
    ),
    "timm TanhLRScheduler warmup_prefix": lambda od: od.sequence(
        (od.linear_decay(0.001, 20, 0.1), 20), (od.tanh_decay(0.1, 300, 0.001), 300), 0.001
    ),
    "timm TanhLRScheduler cycles": lambda od: od.sequence(
        (od.linear_decay(0.001, 20, 0.1), 20),
        (od.warm_restarts(od.tanh_decay(0.1, 300), 300, t_mul=2, m_mul=0.5), 2100),
        0,
    ),
    "timm WSDLRScheduler 1-sqrt": lambda od: od.warmup_stable_decay(0.1, 100, 1100, 200, shape="one_minus_sqrt"),
    "timm WSDLRScheduler linear": lambda od: od.warmup_stable_decay(0.1, 100, 1100, 200),
    "timm WSDLRScheduler cosine": lambda od: od.warmup_stable_decay(0.1, 100, 1100, 200, shape="cosine"),
    "timm WSDLRScheduler exp": lambda od: od.warmup(
        od.sequence((0.1, 800), od.clip((od.exponential_decay(1, 200, 0.1) - 0.1) / 9, min_value=0)), 100
    ),
    "timm WSDLRScheduler rsqrt, linear": lambda od: (
        od.warmup(od.inverse_sqrt_decay(0.1, 100), 100) * od.cooldown(1, 900, 200)
    ),
    # ignite
    "ignite LinearCyclicalScheduler": lambda od: od.cyclic(od.linear_decay(0.001, 100, 0.1), 100),
    "ignite LinearCyclicalScheduler monotonic": lambda od: od.warm_restarts(od.linear_decay(0.1, 200, 0.001), 200),
    "ignite LinearCyclicalScheduler monotonic, warmup_duration": lambda od: od.delay(
        od.cyclic(od.linear_decay(0.1, 200, 0.001), 200, rise_steps=50), -50
    ),
    "ignite LinearCyclicalScheduler growing": lambda od: od.cyclic(
        od.linear_decay(0.001, 100, 0.1), 100, t_mul=2, m_mul=0.5
    ),
    "ignite CosineAnnealingScheduler": lambda od: od.warm_restarts(od.cosine_decay(0.1, 200, 0.01), 200),
    "ignite CosineAnnealingScheduler growing": lambda od: od.warm_restarts(
        od.cosine_decay(0.1, 200, 0.01), 200, t_mul=2, m_mul=0.5
    ),
    "ignite PiecewiseLinear": lambda od: od.piecewise_linear([20, 50, 300], [0.01, 0.1, 0.001]),
    "ignite ConcatScheduler": lambda od: od.sequence(
        (od.linear_decay(0.01, 50, 0.1), 50), od.warm_restarts(od.cosine_decay(0.1, 200, 0.01), 200)
    ),
    "ignite create_lr_scheduler_with_warmup": lambda od: od.warmup(
        od.warm_restarts(od.cosine_decay(0.1, 200, 0.01), 200), 19
    ),
    # fastai
    "fastai fit_one_cycle": lambda od: od.one_cycle(0.1, 1000, rise_fraction=0.25, final_div_factor=4000),
    "fastai fit_flat_cos": lambda od: od.cooldown(0.1, 750, 250, end_value=1e-6, shape="cosine"),
    "fastai fit_sgdr": lambda od: od.warm_restarts(od.cosine_decay(0.1, 100), 100, t_mul=3, cycles=2),
    # transformers
    "transformers get_constant_schedule": lambda od: od.constant(0.1),
    "transformers get_constant_schedule_with_warmup": lambda od: od.warmup(0.1, 100),
    "transformers get_linear_schedule_with_warmup": lambda od: od.warmup(od.linear_decay(0.1, 1200), 100),
    "transformers get_cosine_schedule_with_warmup": lambda od: od.warmup_cosine_decay(0.1, 100, 1300),
    "transformers get_cosine_schedule_with_warmup beyond its end": lambda od: od.warmup(
        od.delay(od.cyclic(od.cosine_decay(0.1, 1200), 1200), -1200), 100
    ),
    "transformers get_cosine_schedule_with_warmup waves": lambda od: od.warmup(
        od.delay(od.cyclic(od.cosine_decay(0.1, 300), 300), -300), 100
    ),
    "transformers get_cosine_with_hard_restarts_schedule_with_warmup": lambda od: od.warmup(
        od.warm_restarts(od.cosine_decay(0.1, 300), 300, cycles=4), 100
    ),
    "transformers get_polynomial_decay_schedule_with_warmup": lambda od: od.warmup(
        od.polynomial_decay(0.1, 1200, 0.001, 2), 100
    ),
    "transformers get_inverse_sqrt_schedule": lambda od: od.warmup(od.inverse_sqrt_decay(0.1, 100), 100),
    "transformers get_inverse_sqrt_schedule timescale": lambda od: od.warmup(od.inverse_sqrt_decay(0.1, 400), 100),
    "transformers get_cosine_with_min_lr_schedule_with_warmup": lambda od: od.warmup_cosine_decay(
        0.1, 100, 1300, end_value=0.001
    ),
    "transformers get_cosine_with_min_lr_schedule_with_warmup_lr_rate": lambda od: od.delay(
        od.warmup_cosine_decay(0.1, 100, 1300, end_value=0.01), -1
    ),
    "transformers get_wsd_schedule linear": lambda od: od.warmup_stable_decay(0.1, 100, 1300, 400),
    "transformers get_wsd_schedule cosine": lambda od: od.warmup_stable_decay(0.1, 100, 1300, 400, shape="cosine"),
    "transformers get_wsd_schedule 1-sqrt": lambda od: od.warmup_stable_decay(
        0.1, 100, 1300, 400, shape="one_minus_sqrt"
    ),
    "transformers get_wsd_schedule cosine warmup": lambda od: od.sequence(
        (od.reverse(od.cosine_decay(0.1, 100), 100), 100), od.cooldown(0.1, 800, 400, shape="cosine")
    ),
    "transformers get_wsd_schedule 1-sqrt warmup": lambda od: od.sequence(
        (od.reverse(od.one_minus_sqrt_decay(0.1, 100), 100), 100), od.cooldown(0.1, 800, 400, shape="cosine")
    ),
    "transformers get_wsd_schedule min_lr_ratio": lambda od: od.cooldown(
        od.warmup(0.1, 100, init_value=0.01), 900, 400, end_value=0.01, shape="cosine"
    ),
    # Scenic
    "scenic compound_lr_scheduler stairs": lambda od: (
        od.warmup(1, 50) * od.exponential_decay(0.1, 100, 0.5, staircase=True)
    ),
    "scenic compound_lr_scheduler cooldown": lambda od: (
        od.warmup(od.inverse_sqrt_decay(0.1, 400), 100) * od.cooldown(1, 900, 400)
    ),
}
EXPRESSIONS |= {name: lambda od, text=text: od.as_schedule(od.parse(text)) for name, text in TEXTS.items()}
