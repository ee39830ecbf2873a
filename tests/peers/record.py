"""Records what the schedules of other libraries give, into values.json beside this file.

    python -m tests.peers.record                 # every library that is installed here
    python -m tests.peers.record optax PyTorch   # only these

A library that is missing is reported, and what was recorded of it stays as it is; so each may have an environment of
its own. Codebases that are no packages are read from clones (clones.py), and what is not in Python from its formulae
(formulae.py). The tests read values.json and need none of them.

A case has the `library`, its `version`, the `schedule` under the library's name, a `variant` where one schedule is
recorded with several arguments, the `arguments` (PyTorch's `lr` is the optimizer's), the `counts` and the `values`: in
float64, or in float32 where the library computes so.
"""

import importlib.util
import json
import sys
import types
import warnings
from collections.abc import Callable, Iterator
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import Any

from tests.peers import clones, formulae
from tests.peers.cases import Case, case, counts, key, simulated

FILE = Path(__file__).with_name("values.json")

# TensorFlow.


def keras() -> Iterator[Case]:
    import tensorflow as tf

    schedules = tf.keras.optimizers.schedules

    def one(schedule: str, at: list[int], variant: str = "", **arguments: Any) -> Case:
        made = getattr(schedules, schedule)(**arguments)
        return case(schedule, lambda at: [made(tf.constant(count, tf.int32)) for count in at], arguments, at, variant)

    rate = {"initial_learning_rate": 0.1, "decay_steps": 300, "decay_rate": 0.9}
    thirds = counts(300, 600, 1500, last=3000)
    yield one("ExponentialDecay", thirds, **rate)
    yield one("ExponentialDecay", thirds, "staircase", **rate, staircase=True)
    yield one("InverseTimeDecay", thirds, **rate)
    yield one("InverseTimeDecay", thirds, "staircase", **rate, staircase=True)
    yield one("PiecewiseConstantDecay", counts(100, 1000, last=3000), boundaries=[100, 1000], values=[0.1, 0.05, 0.001])
    power = {"initial_learning_rate": 0.1, "decay_steps": 300, "end_learning_rate": 0.01, "power": 2.0}
    yield one("PolynomialDecay", counts(300, last=1000), **power)
    yield one("PolynomialDecay", counts(300, 600, 900, 1200, 2700, last=3000), "cycle", **power, cycle=True)
    cosine = {"decay_steps": 1000, "alpha": 0.05}
    yield one("CosineDecay", counts(1000, last=2000), initial_learning_rate=0.1, **cosine)
    yield one(
        "CosineDecay",
        counts(200, 1200, last=2000),
        "warmup",
        initial_learning_rate=0.01,
        **cosine,
        warmup_target=0.1,
        warmup_steps=200,
    )
    restarts = {"initial_learning_rate": 0.1, "first_decay_steps": 100, "alpha": 0.05}
    yield one("CosineDecayRestarts", counts(100, 300, 700, 1500, last=3000), **restarts)
    yield one("CosineDecayRestarts", counts(100, 200, 500, last=1000), "equal", **restarts, t_mul=1.0, m_mul=0.5)
    yield one("CosineDecayRestarts", counts(100, 300, 700, 1500, last=3000), "shrinking", **restarts, m_mul=0.8)


# PyTorch, and what steps PyTorch's optimizers.


def _optimizer(lr: float) -> Any:
    import torch

    return torch.optim.SGD([torch.zeros(1)], lr=lr)


def _stepped(optimizer: Any, scheduler: Any, last: int) -> list[float]:
    values = [scheduler.get_last_lr()[0]]
    for _ in range(last):
        optimizer.step()
        scheduler.step()
        values.append(scheduler.get_last_lr()[0])
    return values


def pytorch() -> Iterator[Case]:
    import torch

    lr_scheduler = torch.optim.lr_scheduler

    def one(schedule: str, at: list[int], variant: str = "", **arguments: Any) -> Case:
        def make(optimizer: Any, schedule: str, **arguments: Any) -> Any:
            if inner := arguments.pop("schedulers", ()):
                made = [make(optimizer, name, **given) for each in inner for name, given in each.items()]
                # The one takes its optimizer from them, the other does not.
                if schedule == "ChainedScheduler":
                    return lr_scheduler.ChainedScheduler(made, **arguments)
                return getattr(lr_scheduler, schedule)(optimizer, made, **arguments)
            place = torch.optim.swa_utils if schedule == "SWALR" else lr_scheduler
            return getattr(place, schedule)(optimizer, **arguments)

        optimizer = _optimizer(arguments.get("lr", 0.1))
        given = {name: value for name, value in arguments.items() if name != "lr"}
        values = _stepped(optimizer, make(optimizer, schedule, **given), at[-1])
        return case(schedule, simulated(values), arguments, at, variant)

    yield one("ConstantLR", counts(40, last=300), lr=0.1, factor=0.5, total_iters=40)
    yield one("LinearLR", counts(50, last=300), lr=0.1, start_factor=0.25, end_factor=1.0, total_iters=50)
    yield one("ExponentialLR", counts(last=300), lr=0.1, gamma=0.97)
    yield one("StepLR", counts(30, 60, 90, 120, 150, last=200), lr=0.1, step_size=30, gamma=0.1)
    yield one("MultiStepLR", counts(30, 80, last=200), lr=0.1, milestones=[30, 80], gamma=0.1)
    yield one("PolynomialLR", counts(300, last=600), lr=0.1, total_iters=300, power=2.0)
    yield one("CosineAnnealingLR", counts(last=300), lr=0.1, T_max=300, eta_min=0.005)
    yield one(
        "CosineAnnealingLR", counts(300, 600, 900, 1800, last=2000), "beyond T_max", lr=0.1, T_max=300, eta_min=0.005
    )
    restarts = {"lr": 0.1, "T_0": 100, "eta_min": 0.005}
    yield one("CosineAnnealingWarmRestarts", counts(100, 200, 500, last=1000), **restarts)
    yield one("CosineAnnealingWarmRestarts", counts(100, 300, 700, 1500, last=3000), "growing", **restarts, T_mult=2)
    cyclic = {"base_lr": 0.001, "max_lr": 0.1, "step_size_up": 100, "step_size_down": 300, "cycle_momentum": False}
    corners = counts(100, 400, 500, 800, 1200, last=3000)
    yield one("CyclicLR", corners, "triangular", **cyclic, mode="triangular")
    yield one("CyclicLR", corners, "triangular2", **cyclic, mode="triangular2")
    yield one("CyclicLR", corners, "exp_range", **cyclic, mode="exp_range", gamma=0.999)
    one_cycle = {"max_lr": 0.1, "total_steps": 1000, "cycle_momentum": False}
    yield one("OneCycleLR", counts(299, last=999), "cos", **one_cycle, anneal_strategy="cos")
    yield one("OneCycleLR", counts(299, last=999), "linear", **one_cycle, anneal_strategy="linear")
    phases = counts(299, 598, last=999)
    yield one("OneCycleLR", phases, "cos, three_phase", **one_cycle, anneal_strategy="cos", three_phase=True)
    yield one("OneCycleLR", phases, "linear, three_phase", **one_cycle, anneal_strategy="linear", three_phase=True)
    yield one(
        "SequentialLR",
        counts(20, 220, last=500),
        lr=0.1,
        schedulers=[
            {"LinearLR": {"start_factor": 0.1, "total_iters": 20}},
            {"CosineAnnealingLR": {"T_max": 200}},
            {"ConstantLR": {"factor": 0.01, "total_iters": 1000}},
        ],
        milestones=[20, 220],
    )
    yield one(
        "SequentialLR",
        counts(20, 50, 80, last=200),
        "step",
        lr=0.1,
        schedulers=[
            {"ConstantLR": {"factor": 0.1, "total_iters": 20}},
            {"StepLR": {"step_size": 30, "gamma": 0.5}},
        ],
        milestones=[20],
    )
    yield one(
        "ChainedScheduler",
        counts(40, last=300),
        lr=0.1,
        schedulers=[{"LinearLR": {"start_factor": 0.25, "total_iters": 40}}, {"ExponentialLR": {"gamma": 0.97}}],
    )
    for strategy in ("cos", "linear"):
        yield one("SWALR", counts(50, last=100), strategy, swa_lr=0.05, anneal_epochs=50, anneal_strategy=strategy)


# optax.


def optax() -> Iterator[Case]:
    import jax.numpy as jnp
    import optax

    def made(schedule: str, arguments: dict[str, Any]) -> Callable[[Any], Any]:
        if schedule == "join_schedules":
            inner = [made(name, given) for each in arguments["schedules"] for name, given in each.items()]
            return optax.join_schedules(inner, arguments["boundaries"])
        return getattr(optax.schedules, schedule)(**arguments)

    def one(schedule: str, at: list[int], variant: str = "", **arguments: Any) -> Case:
        function = made(schedule, arguments)
        return case(schedule, lambda at: [function(jnp.int32(count)) for count in at], arguments, at, variant)

    yield one("constant_schedule", counts(last=1000), value=0.1)
    ends = {"init_value": 0.1, "end_value": 0.01}
    yield one(
        "polynomial_schedule", counts(50, 350, last=1000), **ends, power=2.0, transition_steps=300, transition_begin=50
    )
    yield one("linear_schedule", counts(300, last=1000), **ends, transition_steps=300)
    yield one(
        "linear_schedule",
        counts(50, 350, last=1000),
        "transition_begin",
        **ends,
        transition_steps=300,
        transition_begin=50,
    )
    pieces = {"init_value": 0.1, "boundaries_and_scales": {200: 0.5, 500: 0.1}}
    bends = counts(200, 500, last=1000)
    yield one("piecewise_constant_schedule", bends, **pieces)
    yield one("piecewise_interpolate_schedule", bends, "linear", interpolate_type="linear", **pieces)
    yield one("piecewise_interpolate_schedule", bends, "cosine", interpolate_type="cosine", **pieces)
    rate = {"init_value": 0.1, "transition_steps": 200, "decay_rate": 0.5}
    yield one("exponential_decay", counts(200, 400, last=2000), **rate)
    yield one("exponential_decay", counts(200, 400, 1000, last=2000), "staircase", **rate, staircase=True)
    yield one("exponential_decay", counts(50, 250, last=2000), "transition_begin", **rate, transition_begin=50)
    yield one("exponential_decay", counts(664, 665, last=2000), "end_value", **rate, end_value=0.01)
    yield one(
        "exponential_decay",
        counts(50, 250, 450, 650, 850, last=2000),
        "all options",
        **rate,
        transition_begin=50,
        staircase=True,
        end_value=0.01,
    )
    rising = {"init_value": 0.001, "transition_steps": 200, "decay_rate": 2.0, "end_value": 0.01}
    yield one("exponential_decay", counts(664, 665, last=2000), "rising", **rising)
    yield one("cosine_decay_schedule", counts(1000, last=2000), init_value=0.1, decay_steps=1000, alpha=0.05)
    yield one(
        "cosine_decay_schedule",
        counts(1000, last=2000),
        "exponent 2",
        init_value=0.1,
        decay_steps=1000,
        alpha=0.05,
        exponent=2.0,
    )
    rise = {"init_value": 0.01, "peak_value": 0.1, "warmup_steps": 100}
    yield one("warmup_constant_schedule", counts(100, last=1000), **rise)
    yield one("warmup_cosine_decay_schedule", counts(100, 1000, last=2000), **rise, decay_steps=1000, end_value=0.001)
    yield one(
        "warmup_exponential_decay_schedule",
        counts(100, 150, 350, last=2000),
        **rise,
        transition_steps=200,
        decay_rate=0.5,
        transition_begin=50,
        end_value=0.005,
    )
    yield one(
        "warmup_exponential_decay_schedule",
        counts(100, 300, 500, last=2000),
        "staircase",
        **rise,
        transition_steps=200,
        decay_rate=0.5,
        staircase=True,
    )
    yield one(
        "join_schedules",
        counts(100, 400, last=1000),
        schedules=[
            {"constant_schedule": {"value": 0.01}},
            {"linear_schedule": {"init_value": 0.1, "end_value": 0.02, "transition_steps": 300}},
            {"exponential_decay": {"init_value": 0.02, "transition_steps": 200, "decay_rate": 0.5}},
        ],
        boundaries=[100, 400],
    )
    cycles = [
        {"init_value": 0.0, "peak_value": 0.1, "warmup_steps": 20, "decay_steps": 200},
        {"init_value": 0.01, "peak_value": 0.05, "warmup_steps": 50, "decay_steps": 300, "end_value": 0.001},
    ]
    yield one("sgdr_schedule", counts(20, 200, 250, 500, last=1000), cosine_kwargs=cycles)
    cycles = [
        {"init_value": 0.0, "peak_value": 0.1 * 0.5**i, "warmup_steps": 20 * 2**i, "decay_steps": 200 * 2**i}
        for i in range(3)
    ]
    yield one("sgdr_schedule", counts(20, 200, 240, 600, 680, 1400, last=2000), "growing", cosine_kwargs=cycles)
    yield one("cosine_onecycle_schedule", counts(300, 1000, last=2000), transition_steps=1000, peak_value=0.1)
    # Three tenths of 999 are cut off to 299 whole steps.
    yield one("cosine_onecycle_schedule", counts(299, 999, last=2000), "cut", transition_steps=999, peak_value=0.1)
    yield one("linear_onecycle_schedule", counts(300, 850, 1000, last=2000), transition_steps=1000, peak_value=0.1)


# timm.


def timm() -> Iterator[Case]:
    # timm's own __init__ imports all its models, and they need torchvision: only timm/scheduler is imported here.
    if "timm" not in sys.modules:
        if not (found := importlib.util.find_spec("timm")):
            raise ModuleNotFoundError("No module named 'timm'")
        sys.modules["timm"] = types.ModuleType("timm")
        sys.modules["timm"].__path__ = list(found.submodule_search_locations or ())
    from timm import scheduler as schedulers  # pyright: ignore

    def one(schedule: str, at: list[int], variant: str = "", **arguments: Any) -> Case:
        def read(at: list[int]) -> list[float]:
            optimizer = _optimizer(arguments["lr"])
            given = {name: value for name, value in arguments.items() if name != "lr"}
            made = getattr(schedulers, schedule)(optimizer, **given)
            values = [optimizer.param_groups[0]["lr"]]
            for count in range(1, at[-1] + 1):
                made.step(count)
                values.append(optimizer.param_groups[0]["lr"])
            return simulated(values)(at)

        return case(schedule, read, arguments, at, variant)

    steps = {"lr": 0.1, "t_initial": 300}
    rise = {"warmup_t": 20, "warmup_lr_init": 0.001}
    after = {**rise, "warmup_prefix": True}
    within = counts(20, 300, last=600)
    prefixed = counts(20, 320, last=600)
    yield one("CosineLRScheduler", within, **steps, lr_min=0.001, **rise)
    yield one("CosineLRScheduler", prefixed, "warmup_prefix", **steps, lr_min=0.001, **after)
    grow = {"cycle_mul": 2.0, "cycle_decay": 0.5, "cycle_limit": 3}
    restarts = counts(20, 320, 920, 2120, last=3000)
    yield one("CosineLRScheduler", restarts, "cycles", **steps, **grow, **after)
    yield one("CosineLRScheduler", restarts, "cycles, lr_min", **steps, lr_min=0.001, **grow, **after)
    yield one("StepLRScheduler", counts(20, 50, 80, 110, 140, last=300), lr=0.1, decay_t=30, decay_rate=0.5, **rise)
    yield one("MultiStepLRScheduler", counts(29, 79, last=200), lr=0.1, decay_t=[30, 80], decay_rate=0.1)
    yield one("PolyLRScheduler", within, **steps, power=2.0, lr_min=0.001, **rise)
    yield one("PolyLRScheduler", prefixed, "warmup_prefix", **steps, power=0.5, **after)
    yield one("PolyLRScheduler", restarts, "cycles", **steps, power=2.0, **grow, **after)
    yield one("TanhLRScheduler", within, **steps, lr_min=0.001, **rise)
    yield one("TanhLRScheduler", prefixed, "warmup_prefix", **steps, lr_min=0.001, **after)
    yield one("TanhLRScheduler", restarts, "cycles", **steps, **grow, **after)
    stable = {"lr": 0.1, "t_initial": 1000, "decay_t": 200, "warmup_t": 100}
    ends = counts(100, 900, 1100, last=1500)
    for decay in ("1-sqrt", "linear", "cosine"):
        yield one("WSDLRScheduler", ends, decay, **stable, decay_fn=decay)
    yield one("WSDLRScheduler", ends, "exp", **stable, decay_fn="exp", decay_ratio=0.1)
    yield one("WSDLRScheduler", ends, "rsqrt, linear", **stable, stable_fn="rsqrt", decay_fn="linear")
    yield one("CosineLRScheduler", counts(300, last=600), "k_decay", **steps, lr_min=0.001, k_decay=2.0)
    yield one("CosineLRScheduler", restarts, "k_decay, cycles", **steps, **grow, **after, k_decay=1.5)
    yield one("PolyLRScheduler", counts(300, last=600), "k_decay", **steps, power=2.0, lr_min=0.001, k_decay=0.5)


# pytorch-scheduler: all of its schedulers, each of which is a function of the count alone.


def pytorch_scheduler() -> Iterator[Case]:
    import pytorch_scheduler as schedulers

    def one(schedule: str, at: list[int], variant: str = "", **arguments: Any) -> Case:
        optimizer = _optimizer(0.1)
        made = getattr(schedulers, schedule)(optimizer, **arguments)
        values = [optimizer.param_groups[0]["lr"]]
        for _ in range(at[-1]):
            optimizer.step()
            made.step()
            values.append(optimizer.param_groups[0]["lr"])
        return case(schedule, simulated(values), arguments, at, variant)

    whole = {"total_steps": 300, "min_lr": 0.001}
    rise = {**whole, "warmup_steps": 20}
    plain, risen, late = counts(300, last=400), counts(20, 300, last=400), counts(20, 200, 300, last=400)
    yield one("ChebyshevScheduler", plain, **whole)
    restarts = {"first_cycle_steps": 100, "max_lr": 0.1, "min_lr": 0.001, "warmup_steps": 20, "gamma": 0.5}
    yield one("CosineAnnealingWarmupRestarts", counts(20, 100, 120, 200, last=500), **restarts)
    yield one(
        "CosineAnnealingWarmupRestarts", counts(20, 100, 120, 300, 320, last=699), "growing", **restarts, cycle_mult=2.0
    )
    yield one("CosineWithWarmupScheduler", risen, **rise)
    yield one("ExpHyperbolicLRScheduler", risen, total_steps=300, upper_bound=1000, min_lr=0.0001, warmup_steps=20)
    yield one("FlatCosineScheduler", counts(210, 300, last=400), **whole, flat_fraction=0.7)
    yield one("HyperbolicLRScheduler", risen, total_steps=300, upper_bound=1000, min_lr=0.0001, warmup_steps=20)
    yield one("IdentityScheduler", counts(last=300))
    yield one("InverseSqrtScheduler", counts(100, last=3000), warmup_steps=100)
    yield one("KDecayScheduler", plain, **whole, k=2.0)
    yield one("KDecayScheduler", plain, "fractional", **whole, k=1.5)
    yield one("LinearDecayScheduler", risen, **rise)
    yield one("PolynomialScheduler", risen, **rise, power=2.0)
    yield one("PolynomialScheduler", counts(20, 300, 320, 600, last=1000), "cycle", **rise, power=2.0, cycle=True)
    yield one("PowerDecayScheduler", counts(100, last=3000), total_steps=3000, warmup_steps=100, alpha=0.7, min_lr=0.02)
    yield one("PowerDecayScheduler", counts(last=3000), "without warmup", total_steps=3000)
    yield one("RexScheduler", plain, total_steps=300)
    yield one("SlantedTriangularScheduler", counts(30, 300, last=400), total_steps=300, cut_frac=0.1, ratio=32.0)
    yield one("TanhDecayScheduler", plain, **whole, steepness=3.0)
    yield one("TrapezoidalScheduler", late, **rise, decay_steps=100)
    yield one("WarmupHoldCosineScheduler", counts(20, 120, 300, last=400), **rise, hold_steps=100)
    for decay in ("cosine", "linear", "sqrt"):
        yield one("WSDScheduler", counts(20, 220, 300, last=400), decay, **rise, stable_steps=200, decay_type=decay)


# ignite.


def ignite() -> Iterator[Case]:
    from ignite import handlers

    def one(schedule: str, at: list[int], variant: str = "", **arguments: Any) -> Case:
        events = handlers.param_scheduler
        if inner := arguments.get("schedulers"):
            optimizer = _optimizer(0.1)
            made = [getattr(events, name)(optimizer, "lr", **given) for each in inner for name, given in each.items()]
            values = handlers.ConcatScheduler.simulate_values(at[-1] + 1, made, arguments["durations"])
        elif schedule == "create_lr_scheduler_with_warmup":
            ((name, given),) = arguments["lr_scheduler"].items()
            scheduler = getattr(events, name)(_optimizer(0.1), "lr", **given)
            rest = {name: value for name, value in arguments.items() if name != "lr_scheduler"}
            values = [None] * (at[-1] + 1)
            handlers.create_lr_scheduler_with_warmup(scheduler, **rest, output_simulated_values=values)
        else:
            values = getattr(events, schedule).simulate_values(at[-1] + 1, param_name="lr", **arguments)
        return case(schedule, simulated([value for _, value in values]), arguments, at, variant)

    wave = {"start_value": 0.1, "end_value": 0.001, "cycle_size": 200}
    yield one("LinearCyclicalScheduler", counts(100, 200, 300, 400, last=1000), **wave)
    yield one("LinearCyclicalScheduler", counts(200, 400, last=1000), "monotonic", **wave, monotonic=True)
    yield one(
        "LinearCyclicalScheduler",
        counts(200, 250, 450, 500, last=1000),
        "monotonic, warmup_duration",
        **wave,
        monotonic=True,
        warmup_duration=50,
    )
    grow = {"cycle_mult": 2.0, "start_value_mult": 0.5, "end_value_mult": 0.5}
    yield one("LinearCyclicalScheduler", counts(100, 200, 400, 600, 1400, last=2000), "growing", **wave, **grow)
    yield one("CosineAnnealingScheduler", counts(200, 400, last=1000), **wave)
    yield one("CosineAnnealingScheduler", counts(200, 600, 1400, last=2000), "growing", **wave, **grow)
    milestones = [(20, 0.01), (50, 0.1), (300, 0.001)]
    yield one("PiecewiseLinear", counts(20, 50, 300, last=500), milestones_values=milestones)
    rise = {"LinearCyclicalScheduler": {"start_value": 0.01, "end_value": 0.1, "cycle_size": 100}}
    yield one(
        "ConcatScheduler",
        counts(50, 250, 450, last=800),
        schedulers=[rise, {"CosineAnnealingScheduler": wave}],
        durations=[50],
    )
    yield one(
        "create_lr_scheduler_with_warmup",
        counts(19, 219, last=500),
        lr_scheduler={"CosineAnnealingScheduler": wave},
        warmup_start_value=0.0,
        warmup_end_value=0.1,
        warmup_duration=20,
    )


# fastai.


def fastai() -> Iterator[Case]:
    from fastai.callback import schedule as schedules

    def one(schedule: str, function: Callable[[float], float], at: list[int], **arguments: Any) -> Case:
        return case(schedule, lambda at: [function(count / at[-1]) for count in at], arguments, at)

    # As Learner.fit_one_cycle, fit_flat_cos and fit_sgdr make them, from the share of the batches that are done.
    cosines, lr = schedules.combined_cos, 0.1
    yield one("fit_one_cycle", cosines(0.25, lr / 25.0, lr, lr / 1e5), counts(250, last=1000), lr_max=lr, batches=1000)
    yield one("fit_flat_cos", cosines(0.75, lr, lr, lr / 1e5), counts(750, last=1000), lr=lr, batches=1000)
    # Shares of one and three quarters, exact in the float32 in which fastai adds them up: with three cycles that double
    # the count 3/7 of the way, where the last one begins, falls into the one before.
    cycles = schedules.combine_scheds([1 / 4, 3 / 4], [schedules.SchedCos(lr, 0), schedules.SchedCos(lr, 0)])
    yield one("fit_sgdr", cycles, counts(100, last=400), lr_max=lr, n_cycles=2, cycle_batches=100, cycle_mult=3)


# Hugging Face transformers.


def transformers() -> Iterator[Case]:
    from transformers import optimization

    def one(schedule: str, at: list[int], variant: str = "", **arguments: Any) -> Case:
        optimizer = _optimizer(arguments["lr"])
        given = {name: value for name, value in arguments.items() if name != "lr"}
        made = getattr(optimization, schedule)(optimizer, **given)
        return case(schedule, simulated(_stepped(optimizer, made, at[-1])), arguments, at, variant)

    rise = {"lr": 0.1, "num_warmup_steps": 100}
    whole = {**rise, "num_training_steps": 1300}
    ends = counts(100, 1300, last=2000)
    yield one("get_constant_schedule", counts(last=1000), lr=0.1)
    yield one("get_constant_schedule_with_warmup", counts(100, last=1000), **rise)
    yield one("get_linear_schedule_with_warmup", ends, **whole)
    yield one("get_cosine_schedule_with_warmup", counts(100, last=1300), **whole)
    yield one("get_cosine_schedule_with_warmup", counts(100, 1300, 2500, last=4000), "beyond its end", **whole)
    yield one("get_cosine_schedule_with_warmup", counts(100, 400, 700, 1000, last=1300), "waves", **whole, num_cycles=2)
    yield one(
        "get_cosine_with_hard_restarts_schedule_with_warmup",
        counts(100, 400, 700, 1000, 1300, last=2000),
        **whole,
        num_cycles=4,
    )
    yield one("get_polynomial_decay_schedule_with_warmup", ends, **whole, lr_end=0.001, power=2.0)
    yield one("get_inverse_sqrt_schedule", counts(100, last=3000), **rise)
    yield one("get_inverse_sqrt_schedule", counts(100, last=3000), "timescale", **rise, timescale=400)
    yield one("get_cosine_with_min_lr_schedule_with_warmup", counts(100, last=1300), **whole, min_lr=0.001)
    yield one(
        "get_cosine_with_min_lr_schedule_with_warmup_lr_rate", counts(99, 100, last=1299), **whole, min_lr_rate=0.1
    )
    stable = {**rise, "num_decay_steps": 400, "num_training_steps": 1300}
    ends = counts(100, 900, 1300, last=2000)
    for decay in ("linear", "cosine", "1-sqrt"):
        yield one("get_wsd_schedule", ends, decay, **stable, decay_type=decay)
    for rising in ("cosine", "1-sqrt"):
        yield one("get_wsd_schedule", ends, f"{rising} warmup", **stable, warmup_type=rising)
    yield one("get_wsd_schedule", ends, "min_lr_ratio", **stable, min_lr_ratio=0.1)


# Scenic: from a checkout, python setup.py egg_info, and its folder in PYTHONPATH.


def scenic() -> Iterator[Case]:
    import jax.numpy as jnp
    import ml_collections
    from scenic.train_lib import lr_schedules

    def one(at: list[int], variant: str, **arguments: Any) -> Case:
        function = lr_schedules.compound_lr_scheduler(ml_collections.ConfigDict(arguments))
        read = lambda at: [function(jnp.int32(count)) for count in at]  # noqa: E731
        return case("compound_lr_scheduler", read, arguments, at, variant)

    stairs = {"factors": "constant * linear_warmup * decay_every", "steps_per_decay": 100, "decay_factor": 0.5}
    yield one(counts(50, 100, 200, 500, last=1000), "stairs", **stairs, base_learning_rate=0.1, warmup_steps=50)
    yield one(
        counts(100, 900, last=1300),
        "cooldown",
        factors="constant * linear_warmup * rsqrt_decay * linear_cooldown",
        base_learning_rate=0.1,
        warmup_steps=100,
        timescale=400,
        cooldown_steps=400,
        total_steps=1300,
    )


# What is recorded of each library, and what tells the version.
SECTIONS: dict[str, tuple[Callable[[], Iterator[Case]], Callable[[], str]]] = {
    "Keras": (keras, partial(version, "keras")),
    "PyTorch": (pytorch, partial(version, "torch")),
    "optax": (optax, partial(version, "optax")),
    "timm": (timm, partial(version, "timm")),
    "ignite": (ignite, partial(version, "pytorch-ignite")),
    "fastai": (fastai, partial(version, "fastai")),
    "transformers": (transformers, partial(version, "transformers")),
    "scenic": (scenic, partial(version, "scenic")),
    "pytorch_scheduler": (pytorch_scheduler, partial(version, "pytorch-scheduler")),
    **clones.SECTIONS,
    **formulae.SECTIONS,
}


def main(chosen: list[str]) -> None:
    if unknown := set(chosen) - set(SECTIONS):
        sys.exit(f"Not a library here: {', '.join(sorted(unknown))}. There are {', '.join(SECTIONS)}.")
    recorded: list[Case] = json.loads(FILE.read_text())["cases"] if FILE.exists() else []
    warnings.simplefilter("ignore")
    for library in chosen or SECTIONS:
        section, known_version = SECTIONS[library]
        try:
            made, source = list(section()), {"library": library, "version": known_version()}
        except ImportError as missing:
            print(f"{library}: left as it is ({missing})")
            continue
        recorded = [case for case in recorded if case["library"] != library] + [source | case for case in made]
        print(f"{library} {source['version']}: {len(made)} cases, {sum(len(case['counts']) for case in made)} values")
    order = list(SECTIONS)
    recorded.sort(key=lambda case: order.index(case["library"]))
    if len(set(map(key, recorded))) < len(recorded):
        sys.exit("Two cases have the same library, schedule and variant.")
    lines = ",\n".join(json.dumps(case, separators=(",", ":")) for case in recorded)
    FILE.write_text(f'{{"cases":[\n{lines}\n]}}\n')


if __name__ == "__main__":
    main(sys.argv[1:])
