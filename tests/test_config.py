"""Schedules in configuration files and systems: expressions, plain functions, and fields of a dataclass."""

import dataclasses
import json
import pickle
from pathlib import Path

import hydra
import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest
import yaml
from omegaconf import OmegaConf

import optax_decay as od

CONFIG = Path(__file__).parent / "config"


def test_a_yaml_files_lines_are_the_expressions_of_a_run():
    config = yaml.safe_load((CONFIG / "train.yaml").read_text())
    lr, weight_decay, momentum = (od.parse(config[name]) for name in ("lr", "weight_decay", "momentum"))
    assert lr == od.warmup(od.warm_restarts(od.cosine_decay(0.1, 1000), 1000, t_mul=2, m_mul=0.8), 100)
    assert weight_decay == od.constant(1e-4)
    assert momentum == od.sequence(
        (od.linear_decay(0.95, 300, 0.85), 300), (od.linear_decay(0.85, 700, 0.95), 700), 0.95
    )
    # What a run wrote down in turn, another reads.
    assert od.parse(yaml.safe_load(yaml.safe_dump({"lr": repr(lr)}))["lr"]) == lr

    optimizer = optax.inject_hyperparams(optax.adamw)(learning_rate=lr, weight_decay=weight_decay, b1=momentum)
    params, rates = jnp.ones(3), []
    state, step = optimizer.init(params), jax.jit(optimizer.update)
    for _ in range(5):
        _, state = step(params, state, params)
        rates.append(state.hyperparams["learning_rate"])
    np.testing.assert_allclose(rates, od.sample(lr, config["steps"])[:5], rtol=3e-7)


def test_a_misspelt_line_says_where():
    config = yaml.safe_load((CONFIG / "train.yaml").read_text().replace("0.95), 700)", "0.95, 700"))
    with pytest.raises(od.ParseError, match=r"line 3: `\(` is never closed") as caught:
        od.parse(config["momentum"])
    assert str(caught.value).endswith("\n        (linear_decay(0.85, 700, 0.95, 700,\n        ^")


@pytest.mark.parametrize("convert", ["none", "all"])
def test_hydra_instantiates_the_plain_functions(convert):
    config = OmegaConf.load(CONFIG / "hydra.yaml")
    made = hydra.utils.instantiate(config, _convert_=convert)
    assert isinstance(made["optimizer"], optax.GradientTransformation)
    lr = hydra.utils.instantiate(config.optimizer.learning_rate, _convert_=convert)
    assert lr == od.warmup(od.warm_restarts(od.polynomial_decay(0.1, 1000, power=2.0), 1000, t_mul=2), 100)
    assert made["milestones"] == od.piecewise_constant([100, 200], [0.1, 0.01, 0.001])
    assert made["phases"] == od.sequence((0.01, 100), (od.linear_decay(0.1, 100), 50), 0.05)
    assert made["later"](0.1) == od.cosine_decay(0.1, 100)
    assert od.parse(repr(made["phases"])) == made["phases"]

    updates, _ = made["optimizer"].update(jnp.ones(3), made["optimizer"].init(jnp.ones(3)))
    np.testing.assert_array_equal(updates, -lr(0) * jnp.ones(3))


DEFAULT = od.warmup(od.cosine_decay(0.1, 1000), 100)
EXPRESSION = "0.5 * linear_decay(0.1, 10)"


@dataclasses.dataclass
class Config:
    """A run's."""

    steps: int = 100
    lr: od.Schedule = DEFAULT


def test_a_schedule_is_its_expression_in_json():
    table = od.piecewise_constant(range(20), range(21))
    written = json.dumps(dataclasses.asdict(Config(lr=table)), default=str)
    assert od.parse(json.loads(written)["lr"]) == table


def test_tyro_has_a_field_of_a_schedule_keep_its_default_or_read_an_expression(capsys):
    tyro = pytest.importorskip("tyro")
    assert tyro.cli(Config, args=["--steps", "5"]) == Config(5)
    with pytest.raises(SystemExit):
        tyro.cli(Config, args=["--help"])
    assert repr(DEFAULT) in " ".join(capsys.readouterr().out.split())

    spec = tyro.constructors.PrimitiveConstructorSpec(
        nargs=1,
        metavar="EXPR",
        instance_from_str=lambda given: od.parse(given[0]),
        is_instance=lambda made: isinstance(made, od.Schedule),
        str_from_instance=lambda made: [repr(made)],
    )
    registry = tyro.constructors.ConstructorRegistry()
    registry.primitive_rule(lambda info: spec if info.type is od.Schedule else None)
    assert tyro.cli(Config, args=["--lr", EXPRESSION], registry=registry) == Config(lr=od.parse(EXPRESSION))


def test_draccus_has_a_field_of_a_schedule_keep_its_default_or_read_an_expression():
    draccus = pytest.importorskip("draccus")
    assert draccus.parse(Config, args=["--steps", "5"]) == Config(5)
    draccus.decode.register(od.Schedule, od.parse)
    draccus.encode.register(od.Schedule, repr)
    made = draccus.parse(Config, args=["--lr", EXPRESSION])
    assert made == Config(lr=od.parse(EXPRESSION))
    assert draccus.loads(Config, draccus.dump(made)) == made


def test_chz_has_a_field_of_a_schedule_keep_its_default_or_read_an_expression():
    chz = pytest.importorskip("chz")

    @chz.chz
    class Chosen:
        steps: int = 100
        lr: od.Schedule = DEFAULT

    assert chz.entrypoint(Chosen, argv=["steps=5"]) == Chosen(steps=5)
    assert chz.entrypoint(Chosen, argv=[f"lr={EXPRESSION}"]).lr == od.parse(EXPRESSION)


def test_pydantic_reads_and_writes_an_expression():
    pydantic = pytest.importorskip("pydantic")
    model = pydantic.create_model("Model", steps=(int, 100), lr=(od.Schedule, DEFAULT))
    assert model(steps=5).lr is DEFAULT
    for given in (EXPRESSION, od.parse(EXPRESSION)):
        made = model(lr=given)
        assert made.lr == od.parse(EXPRESSION)
        assert made.model_dump()["lr"] is made.lr
        assert model.model_validate_json(made.model_dump_json()) == made
    assert model(lr=0.1).lr == od.constant(0.1)
    assert model.model_json_schema()["properties"]["lr"]["type"] == "string"
    with pytest.raises(pydantic.ValidationError, match="did you mean `linear_decay`"):
        model(lr="liner_decay(0.1, 10)")
    with pytest.raises(pydantic.ValidationError, match="`text` must be a string, a number or a schedule"):
        model(lr=[1])


def test_what_names_a_public_name_names_its_public_place():
    for name in od.__all__:
        public = getattr(od, name)
        assert f"{public.__module__}.{public.__qualname__}" == f"optax_decay.{name}"
    named = pickle.dumps(DEFAULT)
    assert pickle.loads(named) == DEFAULT
    assert b"optax_decay._phases" not in named
