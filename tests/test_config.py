"""Schedules in configuration files: expressions in YAML, plain functions for Hydra."""

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
