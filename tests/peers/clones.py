"""Schedules of codebases that are no packages, recorded from git clones of them.

Name in CLONES the folder that holds the clones, each under its repository's name; one without a work tree will do.
Their training scripts import what is not needed for a schedule: so only the functions and classes that make it are
taken from the source, as they stand there, and what they use of a configuration is given to them.
"""

import __future__

import ast
import dataclasses
import math
import os
import subprocess
import typing
from collections.abc import Callable, Iterator
from functools import partial
from types import SimpleNamespace
from typing import Any

from tests.peers.cases import Case, case, counts, simulated


def _git(repository: str, *command: str) -> str:
    if "CLONES" not in os.environ:
        raise ImportError("CLONES names no folder")
    folder = os.path.join(os.environ["CLONES"], repository)
    done = subprocess.run(["git", "-C", folder, *command], capture_output=True, text=True)
    if done.returncode:
        raise ImportError(done.stderr.strip())
    return done.stdout


def commit(repository: str) -> str:
    return _git(repository, "rev-parse", "--short=12", "HEAD").strip()


def taken(repository: str, path: str, *names: str, **given: Any) -> SimpleNamespace:
    """The functions and classes of these names, however deep they stand in the file; by default, all of it.

    Args:
      repository: the clone's name.
      path: of the file in it.
      *names: what is taken.
      **given: what the code finds under these names, beside the libraries that such code imports.
    """
    import jax
    import jax.numpy as jnp
    import numpy as np
    import optax

    tree = ast.parse(_git(repository, "show", f"HEAD:{path}"))
    if names:
        made = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.ClassDef)]
        # Where a name is defined in several places, the first is taken.
        first = {node.name: node for node in reversed(made) if node.name in names}
        tree.body = sorted((first[name] for name in names), key=lambda node: node.lineno)
    else:
        tree.body = [node for node in tree.body if not isinstance(node, ast.Import | ast.ImportFrom)]
    namespace = {"jax": jax, "jnp": jnp, "np": np, "optax": optax, "math": math, "dataclasses": dataclasses}
    namespace |= vars(typing) | given | {"__name__": __name__}
    exec(compile(tree, path, "exec", __future__.annotations.compiler_flag), namespace)
    return SimpleNamespace(**namespace)


class Configured:
    """A stand-in for the configurations of axlearn and Pax: what is to be made, and with what."""

    def __init__(self, made: Callable[..., Any], **given: Any) -> None:
        self.made, self.given = made, given

    def set(self, **given: Any) -> "Configured":
        return Configured(self.made, **self.given, **given)

    def instantiate(self) -> Any:
        return self.made(**self.given)

    Instantiate = instantiate


class Fields(dict[str, Any]):
    """What a configuration is to the code that reads it: attributes and keys."""

    __getattr__ = dict.__getitem__


def traced(function: Callable[[Any], Any]) -> Callable[[list[int]], list[float]]:
    """For functions of a count that is an array, one at a time."""
    import jax.numpy as jnp

    return lambda at: [function(jnp.int32(count)) for count in at]


def plain(function: Callable[[int], Any]) -> Callable[[list[int]], list[float]]:
    """For functions of Python's numbers."""
    return lambda at: [function(count) for count in at]


# Gin's decorator, which changes nothing where there is no configuration.
PLAIN_GIN = SimpleNamespace(configurable=lambda function: function)
ENDS = counts(100, 1300, last=1500)


def big_vision() -> Iterator[Case]:
    utils = taken("big_vision", "big_vision/utils.py", "create_learning_rate_schedule", "steps")

    def one(at: list[int], **arguments: Any) -> Case:
        made = utils.create_learning_rate_schedule(**arguments)
        return case("create_learning_rate_schedule", traced(made), arguments, at, arguments["decay_type"])

    whole = {"total_steps": 1300, "base": 0.1, "warmup_steps": 100}
    yield one(ENDS, **whole, decay_type="cosine")
    yield one(ENDS, **whole, decay_type="linear", linear_end=0.001)
    yield one(ENDS, **whole, decay_type="polynomial", power=2.0)
    cooled = {"timescale": 400, "shift": 50, "cooldown_steps": 300}
    yield one(counts(100, 1000, last=1300), **whole, decay_type="rsqrt", **cooled)
    yield one(counts(100, 300, 600, last=1300), **whole, decay_type="stair", steps=[300, 600], mults=[0.1, 0.01])


def vision_transformer() -> Iterator[Case]:
    made = taken(
        "vision_transformer", "vit_jax/utils.py", "create_learning_rate_schedule"
    ).create_learning_rate_schedule
    for decay in ("cosine", "linear"):
        arguments = {"total_steps": 1300, "base": 0.1, "decay_type": decay, "warmup_steps": 100}
        yield case("create_learning_rate_schedule", traced(made(**arguments)), arguments, ENDS, decay)


def t5x() -> Iterator[Case]:
    given = {"LearningRateCallable": Any}
    made = taken("t5x", "t5x/utils.py", "create_learning_rate_scheduler", **given).create_learning_rate_scheduler

    def one(at: list[int], variant: str, factors: str, **arguments: Any) -> Case:
        arguments = {"factors": factors, "warmup_steps": 100, **arguments}
        return case("create_learning_rate_scheduler", traced(made(**arguments)), arguments, at, variant)

    warm = "constant * linear_warmup * "
    yield one(counts(100, last=3000), "rsqrt_decay", warm + "rsqrt_decay", base_learning_rate=1.0)
    yield one(
        counts(50, 250, 450, last=1000),
        "decay_every, step_offset",
        warm + "decay_every",
        base_learning_rate=0.1,
        steps_per_decay=200,
        step_offset=50,
    )
    yield one(counts(100, 1100, last=1500), "linear_decay", "linear_decay", base_learning_rate=0.1, decay_factor=0.001)
    waves = {"base_learning_rate": 0.1, "steps_per_cycle": 400}
    yield one(counts(100, 500, 900, last=1500), "cosine_decay", warm + "cosine_decay", **waves)
    normalized = "constant * rsqrt_normalized_decay"
    yield one(counts(100, last=3000), "rsqrt_normalized_decay", normalized, base_learning_rate=0.1)


def maxtext() -> Iterator[Case]:
    kinds = SimpleNamespace(
        LearningRateScheduleType=SimpleNamespace(COSINE="cosine"), WsdDecayStyle=SimpleNamespace(LINEAR="linear")
    )
    name = "create_learning_rate_schedule"
    made = getattr(taken("maxtext", "src/maxtext/utils/maxtext_utils.py", name, types=kinds), name)
    whole = {
        "learning_rate": 0.1,
        "learning_rate_final_fraction": 0.1,
        "learning_rate_schedule_steps": 1000,
        "warmup_steps_fraction": 0.1,
        "steps": 1200,
    }
    stable = {"lr_schedule_type": "wsd", "wsd_decay_steps_fraction": 0.2}
    for variant, chosen, bend in (
        ("cosine", {"lr_schedule_type": "cosine"}, 100),
        ("wsd, linear", {**stable, "wsd_decay_style": "linear"}, 800),
        ("wsd, cosine", {**stable, "wsd_decay_style": "cosine"}, 800),
    ):
        arguments = {**whole, **chosen}
        yield case(name, traced(made(Fields(**arguments))), arguments, counts(100, bend, 1000, last=1199), variant)


def levanter() -> Iterator[Case]:
    import abc

    import draccus

    given = {"draccus": draccus, "abc": abc, "dataclass": dataclasses.dataclass}
    made = taken("levanter", "src/levanter/optim/config.py", **given, partial=None, warnings=None)

    def one(variant: str, at: list[int], lr_schedule: Any, options: dict[str, Any] | None = None, **rest: Any) -> Case:
        class Config(made.OptimizerConfig):
            def build(self, num_train_steps: int) -> None: ...

        arguments = {"lr_schedule": lr_schedule, **rest}
        chosen = getattr(made, lr_schedule)(**(options or {})) if options is not None else lr_schedule
        schedule = Config(learning_rate=0.1, **{"warmup": 100, **rest, "lr_schedule": chosen}).lr_scheduler(1300)
        if options:
            arguments["options"] = options
        return case("OptimizerConfig.lr_scheduler", traced(schedule), arguments, at, variant)

    yield one("cosine", ENDS, "cosine")
    yield one("linear, decay", counts(100, 900, 1300, last=1500), "linear", decay=400)
    yield one("constant", counts(100, last=1300), "constant")
    yield one("inv_sqrt", counts(100, 400, last=1300), "InvSqrtLrSchedule", {"timescale": 400})
    yield one("inv", ENDS, "inv")
    yield one("power", counts(104, 105, last=1300), "PowerLrSchedule", {"batch_size": 8, "seq_length": 128}, warmup=0)
    yield one("cosine, exponent", ENDS, "CosineLrSchedule", {"exponent": 1.5})
    cycles = counts(100, 400, 500, 800, 900, last=1199)
    yield one("cosine, cycles, rewarmup", cycles, "cosine", cycle_length=[400, 400, 400], rewarmup=50)


def praxis() -> Iterator[Case]:
    class Parameterizable:
        def __init_subclass__(cls) -> None:
            dataclasses.dataclass(cls)

        def __post_init__(self) -> None: ...

        @classmethod
        def config(cls, **given: Any) -> Configured:
            return Configured(cls, **given)

    import abc

    made = taken(
        "praxis",
        "praxis/schedules.py",
        abc=abc,
        base_hyperparams=SimpleNamespace(FiddleBaseParameterizable=Parameterizable, instantiate=Configured.instantiate),
        pax_fiddle=SimpleNamespace(Config=Configured),
    )

    def one(schedule: str, at: list[int], variant: str = "", **arguments: Any) -> Case:
        read = traced(getattr(made, schedule)(**arguments).value_at)
        return case(schedule, read, arguments, at, variant)

    line = {"start": (50, 0.1), "limit": (350, 0.001)}
    bends = counts(50, 350, last=500)
    yield one("Linear", bends, **line)
    yield one("Polynomial", bends, "from its start", **line, power=2)
    yield one("Polynomial", bends, "from its limit", **line, power=2, origin="limit")
    yield one("Exponential", bends, **line)
    yield one("Cosine", counts(300, last=400), initial_value=0.1, final_value=0.001, total_steps=300)
    yield one("DelayedCosine", bends, **line)
    ramp = {"warmup_steps": 100, "decay_start": 200, "decay_end": 700, "max": 0.1, "min_ratio": 0.01}
    ramps = counts(100, 200, 700, last=1000)
    yield one("LinearRampupPolynomialDecay", ramps, **ramp, power=2)
    yield one("LinearRampupCosineDecay", ramps, **ramp)
    yield one("LinearRampupExponentialDecay", ramps, **ramp)
    yield one("PiecewiseConstant", counts(200, 500, last=700), boundaries=[200, 500], values=[0.1, 0.05, 0.01])
    yield one(
        "LinearRampupPiecewiseConstant",
        counts(100, 300, 600, last=700),
        boundaries=[100, 300, 600],
        values=[0.1, 0.05, 0.01],
    )
    yield one("Transformer", counts(100, 1000, last=1500), model_dim=512, warmup_steps=100, decay_end=1000)
    yield one("SqrtDecay", counts(150, last=3000), decay_start=100, multiplier=1.0, offset=50.0)
    yield one("LinearRampupSqrtDecay", counts(100, last=3000), peak=0.1, warmup_steps=100)
    yield one(
        "ContinuousSchedule",
        counts(400, 1064, last=2000),
        initial_value=0.1,
        start_step=400,
        half_life_steps=100,
        min=0.01,
    )
    parts = [made.Cosine(initial_value=0.1, total_steps=300), made.Constant(value=0.01)]
    named = [{"Cosine": {"initial_value": 0.1, "total_steps": 300}}, {"Constant": {"value": 0.01}}]
    joined = made.PiecewiseSchedule(boundaries=[200], schedules=parts)
    yield case(
        "PiecewiseSchedule", traced(joined.value_at), {"boundaries": [200], "schedules": named}, counts(200, last=400)
    )
    cycle = made.CycleSchedule(schedules=parts, steps=[3, 1])
    yield case("CycleSchedule", traced(cycle.value_at), {"schedules": named, "steps": [3, 1]}, counts(4, 8, last=300))


def axlearn() -> Iterator[Case]:
    import jax.numpy as jnp
    import optax

    made = taken(
        "axlearn",
        "axlearn/common/schedule.py",
        config_for_function=Configured,
        InstantiableConfig=Configured,
        Tensor=Any,
        constant_schedule=optax.constant_schedule,
        cosine_decay_schedule=optax.cosine_decay_schedule,
    )

    def one(schedule: str, at: list[int], variant: str = "", **arguments: Any) -> Case:
        return case(schedule, traced(getattr(made, schedule)(**arguments)), arguments, at, variant)

    line = {"begin_step": 50, "begin_value": 0.1, "end_step": 350, "end_value": 0.001}
    bends = counts(50, 350, last=500)
    yield one("polynomial", bends, **line, power=2)
    yield one("exponential", bends, **line)
    inverse = lambda count: made.inverse_sqrt(jnp.float32(count), 100)  # noqa: E731
    yield case("inverse_sqrt", plain(inverse), {"warmup_steps": 100}, counts(100, last=3000))
    yield one("adafactor", counts(99, last=3000), scale=1.0, warmup_steps=100, step_offset=1)
    yield one("adafactor", counts(100, last=3000), "decay_power", scale=1.0, warmup_steps=100, decay_power=-0.8)
    # A negative power of an integer is none in JAX, and axlearn's step is one.
    rate = made.adafactor_decay_rate(c=0.8)
    yield case("adafactor_decay_rate", plain(lambda t: rate(jnp.float32(t))), {"c": 0.8}, counts(last=3000))
    # Its first step is 1: there is no value at 0.
    yield one("decay_bias_correction", counts(last=300)[1:], decay=0.9)
    rise = {"peak_lr": 0.1, "warmup_steps": 100}
    whole = {**rise, "max_step": 1300}
    yield one("cosine_with_linear_warmup", ENDS, **whole, alpha=0.1)
    held = counts(100, 900, 1300, last=1500)
    yield one("cosine_with_linear_warmup", held, "decay_begin_step", **whole, decay_begin_step=900)
    yield one("cosine_with_linear_warmup", ENDS, "begin_value", **whole, begin_value=0.01)
    yield one("warmup_stable_decay", held, **whole, decay_begin_step=900, alpha=0.1)
    yield one("constant_with_linear_warmup", counts(100, last=1000), **rise)
    yield one("linear_schedule_with_warmup", ENDS, **whole, end_value=0.001)
    yield one("ema_schedule", counts(50, last=300), decay=0.99, warmup_steps=50)


def init2winit() -> Iterator[Case]:
    made = taken("init2winit", "init2winit/schedules.py")

    def one(schedule: str, at: list[int], variant: str = "", **arguments: Any) -> Case:
        given = Fields(schedule=schedule, base_lr=0.1, **arguments)
        return case(schedule, plain(made.get_schedule_fn(given, 1300)), arguments, at, variant)

    yield one("cosine", counts(last=1300))
    yield one(
        "cosine_echo",
        counts(900, 940, last=1300),
        echo_fraction=9 / 13,
        echo_attenuation=0.5,
        internal_warmup_fraction=0.1,
    )
    yield one("transformer_schedule", counts(99, last=3000), warmup_steps=100, encoder_dim=512)
    yield one("rsqrt_normalized_decay", counts(last=3000), squash_steps=100)
    yield one("t2t_rsqrt_normalized_decay", counts(100, last=3000), defer_steps=100)
    yield one("polynomial", counts(1000, last=1300), decay_steps=1000, end_factor=0.01, power=2.0)
    events = {"decay_events": [300, 600], "decay_factors": [0.5, 0.1]}
    yield one("piecewise_constant", counts(300, 600, last=1300), **events)
    yield one("piecewise_linear", counts(300, 600, last=1300), **events)
    steep = {"start_lr": 0.001, "end_lr": 0.0001, "power": 2.0, "warmup_power": 2.0, "decay_end": 1200}
    yield one("mlperf_polynomial", counts(100, 1200, last=1300), warmup_steps=100, **steep)
    factors = "constant * linear_warmup * cosine"
    yield one("compound", counts(100, 1299, last=1299), warmup_steps=100, factors=factors)
    warm = {"warmup_steps": 100, "warmup_power": 2.0}
    yield one("rsqrt_normalized_decay_warmup", counts(100, last=1300), **warm, squash_steps=100)


def kfac_jax() -> Iterator[Case]:
    import chex
    import jax.numpy as jnp

    made = taken(
        "kfac-jax",
        "examples/schedules.py",
        kfac_jax=SimpleNamespace(utils=Fields(Array=chex.Array, Numeric=chex.Numeric, PyTree=Any)),
    )

    def one(schedule: str, at: list[int], variant: str = "", **arguments: Any) -> Case:
        function = lambda count: getattr(made, schedule)(count, **arguments)  # noqa: E731
        return case(schedule, traced(function), arguments, at, variant)

    yield one("kfac_resnet50_schedule", counts(50, 5000, 11_000, 20_000, 200_000, last=1_000_001))
    values = {"vals": [0.01, 0.1, 0.001], "boundaries": [100, 600]}
    for kind in ("linear", "cosine"):
        yield one("piecewise_interpolated_schedule", counts(100, 600, last=800), kind, **values, interpolate_type=kind)
    # Its boundaries come as an array.
    stairs = {"boundaries": [300, 600], "decay_factors": [0.1, 0.01], "init_value": 0.1}
    step = lambda count: made.stepwise_schedule(count, **{**stairs, "boundaries": jnp.array([300, 600])})  # noqa: E731
    yield case("stepwise_schedule", traced(step), stairs, counts(300, 600, last=800))
    within = {"start": 100, "total": 1100, "init_value": 0.1, "end_value": 0.01}
    ends = counts(100, 1100, last=1300)
    yield one("exponential_decay_schedule", ends, **within)
    rising = {**within, "init_value": 0.01, "end_value": 0.1}
    yield one("polynomial_schedule", ends, "rising", **rising, power=2.0)
    yield one("inverse_time_decay_schedule", ends, **within, power=1.5)
    yield one("inverse_time_decay_schedule", ends, "offset_before_power", **within, power=1.5, offset_before_power=True)


def ferminet() -> Iterator[Case]:
    lr = SimpleNamespace(rate=0.1, delay=100.0, decay=0.7)
    given = {"cfg": SimpleNamespace(optim=SimpleNamespace(lr=lr))}
    made = taken("ferminet", "ferminet/train.py", "learning_rate_schedule", **given).learning_rate_schedule
    yield case("learning_rate_schedule", traced(made), vars(lr), counts(100, last=30_000))


def easylm() -> Iterator[Case]:
    given = {"config": SimpleNamespace(lr=0.01, lr_warmup_steps=100, weight_decay=1e-4)}
    names = ("learning_rate_schedule", "weight_decay_schedule")
    made = taken("EasyLM", "EasyLM/optimizers.py", *names, **given)
    for name in names:
        yield case(
            f"PalmOptimizerFactory.{name}", traced(getattr(made, name)), vars(given["config"]), counts(100, last=3000)
        )


def mesh_transformer() -> Iterator[Case]:
    made = taken("mesh-transformer-jax", "mesh_transformer/util.py", "gpt3_schedule").gpt3_schedule
    arguments = {"warmup_steps": 100, "total_steps": 1200, "peak_lr": 0.1, "end_lr": 0.01}
    yield case("gpt3_schedule", traced(made(**arguments)), arguments, ENDS)


def trax() -> Iterator[Case]:
    made = taken("trax", "trax/supervised/lr_schedules.py", gin=PLAIN_GIN)

    def one(schedule: str, at: list[int], variant: str = "", **arguments: Any) -> Case:
        return case(schedule, plain(getattr(made, schedule)(**arguments)), arguments, at, variant)

    yield one("warmup", counts(101, last=1000), n_warmup_steps=100, max_value=0.1)
    yield one("warmup_and_rsqrt_decay", counts(101, last=3000), n_warmup_steps=100, max_value=0.1)
    factors = {"constant": 0.1, "warmup_steps": 100}
    two = {"second_constant": 0.01, "second_constant_step": 400, "factors": "two_constants * linear_warmup"}
    yield one("multifactor", counts(100, 400, last=1000), "two_constants", **factors, **two)
    stairs = {"factors": "constant * linear_warmup * decay_every", "steps_per_decay": 200, "minimum": 0.001}
    yield one("multifactor", counts(100, 200, 400, 1400, last=2000), "decay_every, minimum", **factors, **stairs)
    # As the package itself makes a curve of a body and a tail, with the tail that it has for restarts.
    tail = {"body_start": 101, "tail_start": 501}
    saw = made._BodyAndTail(0.1, **tail, tail_fn=made._CosineSawtoothTail(200, min_value=0.001))
    arguments = {"body_value": 0.1, **tail, "steps_per_cycle": 200, "min_value": 0.001}
    yield case("_CosineSawtoothTail", plain(saw), arguments, counts(101, 501, 701, 901, last=1200))


def multinerf() -> Iterator[Case]:
    made = taken("multinerf", "internal/math.py", "learning_rate_decay", "log_lerp").learning_rate_decay
    arguments = {"lr_init": 0.1, "lr_final": 0.001, "max_steps": 1000, "lr_delay_steps": 100, "lr_delay_mult": 0.01}
    read = traced(lambda count: made(count, **arguments))
    yield case("learning_rate_decay", read, arguments, counts(100, 1000, last=1200))


def nerfies() -> Iterator[Case]:
    import abc
    import collections
    import copy

    given = {"abc": abc, "copy": copy, "collections": collections, "Tuple": tuple, "List": list}
    made = taken("nerfies", "nerfies/schedules.py", **given)

    def one(schedule: str, at: list[int], **arguments: Any) -> Case:
        return case(schedule, plain(getattr(made, schedule)(**arguments)), arguments, at)

    ends = {"initial_value": 0.1, "final_value": 0.001, "num_steps": 300}
    yield one("LinearSchedule", counts(300, last=400), **ends)
    yield one("ExponentialSchedule", counts(299, 300, last=400), **ends)
    yield one("CosineEasingSchedule", counts(300, last=400), **ends)
    stairs = {"initial_value": 0.1, "decay_interval": 100, "decay_factor": 0.5, "max_decays": 3}
    yield one("StepSchedule", counts(100, 200, 300, last=500), **stairs)
    base = made.ExponentialSchedule(**ends)
    arguments = {"base_schedule": {"ExponentialSchedule": ends}, "delay_steps": 100, "delay_mult": 0.01}
    read = plain(made.DelayedSchedule(base, 100, 0.01))
    delayed = case("DelayedSchedule", read, arguments, counts(100, 299, 300, last=400))
    yield delayed


def flax_examples() -> Iterator[Case]:
    made = taken("flax", "examples/imagenet/train.py", "create_learning_rate_fn").create_learning_rate_fn
    config = {"warmup_epochs": 5, "num_epochs": 100}
    arguments = {**config, "base_learning_rate": 0.1, "steps_per_epoch": 391}
    read = traced(made(Fields(**config), 0.1, 391))
    yield case("imagenet create_learning_rate_fn", read, arguments, counts(1955, 39_100, last=40_000))
    names = ("create_learning_rate_schedule", "rsqrt_schedule")
    made = taken("flax", "examples/wmt/train.py", *names).create_learning_rate_schedule
    arguments = {"learning_rate": 0.1, "warmup_steps": 100}
    yield case("wmt create_learning_rate_schedule", traced(made(**arguments)), arguments, counts(100, last=3000))
    name = "create_learning_rate_scheduler"
    made = taken("flax", "examples/nlp_seq/train.py", name).create_learning_rate_scheduler
    arguments = {"factors": "constant * rsqrt_decay", "base_learning_rate": 1.0, "warmup_steps": 100}
    yield case(f"nlp_seq {name}", traced(made(**arguments)), arguments, counts(100, last=3000))


def haiku_examples() -> Iterator[Case]:
    arguments = {
        "train_device_batch_size": 1024,
        "train_lr_warmup_epochs": 5,
        "train_epochs": 90,
        "train_lr_init": 0.1,
        "train_split": "TRAIN",
    }
    split = SimpleNamespace(from_string=lambda _: SimpleNamespace(num_examples=1_271_167))
    given = {"FLAGS": SimpleNamespace(**arguments), "dataset": SimpleNamespace(Split=split)}
    made = taken("dm-haiku", "examples/imagenet/train.py", "lr_schedule", **given).lr_schedule
    arguments["num_examples"] = 1_271_167
    yield case("imagenet lr_schedule", traced(made), arguments, counts(6206, last=111_700))


def dalle_mini() -> Iterator[Case]:
    def one(variant: str, at: list[int], **chosen: Any) -> Case:
        arguments = {"learning_rate": 0.1, "warmup_steps": 100, "lr_offset": 0, **chosen}
        given = {"training_args": SimpleNamespace(**arguments), "num_train_steps": 1300}
        made = taken("dalle-mini", "tools/train/train.py", "create_learning_rate_fn", **given)
        return case("create_learning_rate_fn", traced(made.create_learning_rate_fn()), arguments, at, variant)

    yield one("linear", ENDS, lr_decay="linear")
    stairs = {"lr_transition_steps": 200, "lr_decay_rate": 0.5, "lr_staircase": True}
    yield one("exponential", counts(100, 300, 500, last=1300), lr_decay="exponential", **stairs)


def dopamine() -> Iterator[Case]:
    path = "dopamine/jax/agents/dqn/dqn_agent.py"
    made = taken("dopamine", path, "linearly_decaying_epsilon", gin=PLAIN_GIN).linearly_decaying_epsilon
    arguments = {"decay_period": 1000, "warmup_steps": 200, "epsilon": 0.01}
    read = traced(lambda step: made(step=step, **arguments))
    yield case("linearly_decaying_epsilon", read, arguments, counts(200, 1200, last=1500))


def apax() -> Iterator[Case]:
    name = "cyclic_cosine_decay_schedule"
    made = getattr(taken("apax", "apax/optimizer/get_optimizer.py", name, base=None), name)
    arguments = {"init_value": 0.1, "steps_per_epoch": 50, "period": 4, "decay_factor": 0.9}
    yield case(name, traced(made(**arguments)), arguments, counts(200, 400, last=1000))
    temperatures = taken("apax", "apax/md/schedules.py", units=SimpleNamespace(kB=1.0))
    arguments = {"T0": 300, "temperatures": [300.0, 900.0, 300.0], "durations": [100, 400, 500]}
    read = traced(temperatures.PieceWiseLinearTSchedule(**arguments))
    yield case("PieceWiseLinearTSchedule", read, arguments, counts(100, 500, 1000, last=1200))
    arguments = {"T0": 300, "Tend": 600.0, "amplitude": 50.0, "num_oscillations": 5, "total_steps": 1000}
    read = traced(temperatures.OscillatingRampTSchedule(**arguments))
    yield case("OscillatingRampTSchedule", read, arguments, counts(1000, last=1200))


def algoperf() -> Iterator[Case]:
    path = "algorithms/target_setting_algorithms/cosine_warmup.py"
    made = taken("algorithmic-efficiency", path, "jax_cosine_warmup").jax_cosine_warmup
    arguments = {"learning_rate": 0.1, "warmup_steps": 100}
    read = traced(made(1300, Fields(**arguments)))
    yield case("jax_cosine_warmup", read, {"step_hint": 1300, **arguments}, ENDS)


def deepmind_research() -> Iterator[Case]:
    byol = taken("deepmind-research", "byol/utils/schedules.py")
    arguments = {"batch_size": 256, "base_learning_rate": 0.1, "total_steps": 1300, "warmup_steps": 100}
    yield case("byol learning_schedule", traced(lambda t: byol.learning_schedule(t, **arguments)), arguments, ENDS)
    average = {"base_ema": 0.996, "max_steps": 1000}
    yield case("byol target_ema", traced(lambda t: byol.target_ema(t, **average)), average, counts(1000, last=1200))
    nfnets = taken("deepmind-research", "nfnets/optim.py", "Schedule", "WarmupCosineDecay", "WarmupExpDecay")
    arguments = {"start_val": 0.001, "min_val": 0.01, "max_val": 0.1, "num_steps": 1300, "warmup_steps": 100}
    read = traced(nfnets.WarmupCosineDecay(**arguments))
    yield case("nfnets WarmupCosineDecay", read, arguments, counts(100, last=1300))
    arguments = {"start_val": 0.0, "max_val": 0.1, "warmup_steps": 100, "decay_factor": 0.97, "decay_interval": 50}
    read = traced(nfnets.WarmupExpDecay(**arguments))
    yield case("nfnets WarmupExpDecay", read, arguments, counts(100, 150, 200, last=1000))


def jestimator() -> Iterator[Case]:
    options = {"learning_rate": 0.1, "warmup_steps": 100, "linear_decay_to_step": 1300}
    given = {"warmup": 100, "decay": 1300, "opt_config": SimpleNamespace(**options)}
    made = taken("jestimator", "jestimator/models/bert/pretrain.py", "lr_schedule", **given).lr_schedule
    yield case("bert lr_schedule", traced(made), options, counts(100, last=1300))


def purejaxrl() -> Iterator[Case]:
    config = {"NUM_MINIBATCHES": 4, "UPDATE_EPOCHS": 4, "NUM_UPDATES": 50, "LR": 0.1}
    made = taken("purejaxrl", "purejaxrl/ppo.py", "linear_schedule", config=config).linear_schedule
    yield case("ppo linear_schedule", traced(made), config, counts(16, 32, 784, last=799))


# PyTorch's: what their schedulers compute, given what a scheduler would hold.


def k_diffusion() -> Iterator[Case]:
    stand_in = SimpleNamespace(lr_scheduler=SimpleNamespace(_LRScheduler=object))
    made = taken(
        "k-diffusion", "k_diffusion/utils.py", "InverseLR", "ExponentialLR", "ConstantLRWithWarmup", optim=stand_in
    )

    def one(schedule: str, **arguments: Any) -> Case:
        closed_form = getattr(made, schedule)._get_closed_form_lr
        state = {"base_lrs": [0.1], **arguments}
        read = plain(lambda count: closed_form(SimpleNamespace(last_epoch=count, **state))[0])
        return case(schedule, read, arguments, counts(last=3000))

    yield one("InverseLR", inv_gamma=100.0, power=0.5, warmup=0.99, min_lr=0.001)
    yield one("ExponentialLR", num_steps=100.0, decay=0.5, warmup=0.95, min_lr=0.001)
    yield one("ConstantLRWithWarmup", warmup=0.99)


def cosine_annealing_warmup() -> Iterator[Case]:
    import torch

    name = "CosineAnnealingWarmupRestarts"
    given = {"torch": torch, "_LRScheduler": torch.optim.lr_scheduler.LRScheduler}
    path = "cosine_annealing_warmup/scheduler.py"
    made = getattr(taken("pytorch-cosine-annealing-with-warmup", path, name, **given), name)

    def one(at: list[int], variant: str, **arguments: Any) -> Case:
        optimizer = torch.optim.SGD([torch.zeros(1)], lr=0.1)
        scheduler = made(optimizer, **arguments)
        values = [optimizer.param_groups[0]["lr"]]
        for _ in range(at[-1]):
            optimizer.step()
            scheduler.step()
            values.append(optimizer.param_groups[0]["lr"])
        return case(name, simulated(values), arguments, at, variant)

    ends = {"first_cycle_steps": 100, "max_lr": 0.1, "min_lr": 0.001, "gamma": 0.5}
    yield one(counts(20, 100, 120, 200, last=500), "equal", **ends, warmup_steps=20)
    yield one(counts(20, 100, 120, 280, 300, last=619), "growing", **ends, warmup_steps=20, cycle_mult=2.0)
    yield one(counts(100, 300, 700, last=1499), "growing, without warmup", **ends, cycle_mult=2.0)


# What is recorded of each codebase, and what tells the commit.
SECTIONS: dict[str, tuple[Callable[[], Iterator[Case]], Callable[[], str]]] = {
    "big_vision": (big_vision, partial(commit, "big_vision")),
    "vision_transformer": (vision_transformer, partial(commit, "vision_transformer")),
    "t5x": (t5x, partial(commit, "t5x")),
    "MaxText": (maxtext, partial(commit, "maxtext")),
    "Levanter": (levanter, partial(commit, "levanter")),
    "praxis": (praxis, partial(commit, "praxis")),
    "axlearn": (axlearn, partial(commit, "axlearn")),
    "init2winit": (init2winit, partial(commit, "init2winit")),
    "kfac_jax": (kfac_jax, partial(commit, "kfac-jax")),
    "FermiNet": (ferminet, partial(commit, "ferminet")),
    "EasyLM": (easylm, partial(commit, "EasyLM")),
    "mesh_transformer": (mesh_transformer, partial(commit, "mesh-transformer-jax")),
    "trax": (trax, partial(commit, "trax")),
    "multinerf": (multinerf, partial(commit, "multinerf")),
    "nerfies": (nerfies, partial(commit, "nerfies")),
    "flax": (flax_examples, partial(commit, "flax")),
    "haiku": (haiku_examples, partial(commit, "dm-haiku")),
    "dalle_mini": (dalle_mini, partial(commit, "dalle-mini")),
    "dopamine": (dopamine, partial(commit, "dopamine")),
    "apax": (apax, partial(commit, "apax")),
    "algoperf": (algoperf, partial(commit, "algorithmic-efficiency")),
    "deepmind_research": (deepmind_research, partial(commit, "deepmind-research")),
    "jestimator": (jestimator, partial(commit, "jestimator")),
    "purejaxrl": (purejaxrl, partial(commit, "purejaxrl")),
    "k_diffusion": (k_diffusion, partial(commit, "k-diffusion")),
    "cosine_annealing_warmup": (cosine_annealing_warmup, partial(commit, "pytorch-cosine-annealing-with-warmup")),
}
