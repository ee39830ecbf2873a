"""Many devices: one rate on all of them, no communication for it, and programs for platforms that are not here."""

import contextlib
import json
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest
from jax import export
from jax.experimental import pallas
from jax.sharding import AxisType, NamedSharding, PartitionSpec

import optax_decay as od
from tests.examples import EXAMPLES
from tests.programs.digits import loss, minibatches, network
from tests.runs import mostly_slow_rows, varied

ROOT = Path(__file__).parent.parent
PLATFORMS = ("cpu", "cuda", "rocm", "tpu")
COUNTS = np.array([0, 1, 77, 100, 101, 2**24 + 1, 2**31 - 1], np.int32)


def outputs(program: str, *runs: list[str], devices: int = 1) -> list[dict[str, Any]]:
    """What a program of `tests/programs`, started at once with each list of arguments, prints last, as JSON."""
    flags = f"--xla_force_host_platform_device_count={devices}"
    environment = os.environ | {"JAX_PLATFORMS": "cpu", "XLA_FLAGS": flags}
    with contextlib.ExitStack() as stack:
        processes = []
        for arguments in runs:
            command = [sys.executable, "-m", f"tests.programs.{program}", *arguments]
            process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True)
            processes.append(stack.enter_context(process))
            stack.callback(process.kill)
        printed = [process.communicate()[0] for process in processes]
    assert [process.returncode for process in processes] == [0] * len(runs)
    return [json.loads(out.splitlines()[-1]) for out in printed]


@contextlib.contextmanager
def reserved_address() -> Iterator[str]:
    """A port on loopback that nobody else is given meanwhile; gRPC, which shares ports, can still listen there."""
    with socket.socket() as reserved:
        reserved.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        reserved.bind(("127.0.0.1", 0))
        yield f"127.0.0.1:{reserved.getsockname()[1]}"


@varied
def test_an_array_of_counts_on_a_mesh_with_explicit_axes_gives_an_array_of_its_sharding(name):
    mesh = jax.make_mesh((1,), ("data",), axis_types=(AxisType.Explicit,))
    schedule = EXAMPLES[name].make(od, **EXAMPLES[name].setting(0))
    with jax.set_mesh(mesh):
        counts = jax.device_put(COUNTS, NamedSharding(mesh, PartitionSpec("data")))
        values = jax.jit(schedule)(counts)
        assert jax.typeof(values).sharding.spec == PartitionSpec("data")
    np.testing.assert_array_equal(values, jax.jit(schedule)(COUNTS))


PHASES = {
    "numbers": lambda rate: od.sequence((0.1, 10), (0.2, 90), 0.3),
    "two numbers": lambda rate: od.sequence((0.1, 10), 0.3),
    "one factory": lambda rate: od.sequence((od.linear_decay(0.1, 10), 77), (od.linear_decay(0.2, 10), 20), 0.3),
    "noise": lambda rate: od.sequence((od.jitter(0.1, 0, 0.1), 77), (od.jitter(0.2, 0, 0.1), 20), 0.3),
    "traced": lambda rate: od.sequence((rate, 10), (od.cosine_decay(rate, 90), 90), (2 * rate, 1), rate),
}
LAYOUTS = [((4, 2), ("data", None)), ((2, 4), (None, "data")), ((8,), ("data",)), ((), ())]


@pytest.mark.parametrize("name", PHASES)
@pytest.mark.parametrize(("shape", "spec"), mostly_slow_rows(LAYOUTS, every=4))
def test_so_do_phases_of_numbers_and_of_one_factory_in_every_layout(name, shape, spec):
    def value(rate, counts):
        return PHASES[name](rate)(counts)

    counts = np.resize(COUNTS, shape)
    want = jax.jit(value)(np.float32(0.1), counts)
    mesh = jax.make_mesh((1,), ("data",), axis_types=(AxisType.Explicit,))
    with jax.set_mesh(mesh):
        placed = jax.device_put(counts, NamedSharding(mesh, PartitionSpec(*spec)))
        for way in (value, jax.jit(value)):
            values = way(jnp.float32(0.1), placed)
            assert jax.typeof(values).sharding.spec == PartitionSpec(*spec)
            np.testing.assert_allclose(values, want, rtol=1e-6)


def test_a_table_is_looked_into_on_explicit_axes_though_no_mesh_is_set():
    mesh = jax.make_mesh((1,), ("data",), axis_types=(AxisType.Explicit,))
    schedule = od.piecewise_linear([0, 10, 100], [0.1, 0.2, 0.3])
    values = schedule(jax.device_put(COUNTS, NamedSharding(mesh, PartitionSpec("data"))))
    np.testing.assert_allclose(values, schedule(COUNTS), rtol=1e-6)


@pytest.mark.slow
@pytest.mark.parametrize("name", EXAMPLES)
def test_a_schedule_computes_in_a_pallas_kernel_unless_it_looks_into_a_table(name):
    schedule = EXAMPLES[name].make(od, **EXAMPLES[name].setting(0))

    def kernel(count, value):
        value[0] = schedule(count[0])

    shape = jax.ShapeDtypeStruct((1,), jnp.float32)
    run = pallas.pallas_call(kernel, out_shape=shape, interpret=True)
    if jax.make_jaxpr(schedule)(jnp.int32(37)).consts:
        # JAX takes constants as arguments of a kernel alone: the rate is computed outside and passed.
        with pytest.raises(ValueError, match="captures constants"):
            run(jnp.array([37], jnp.int32))
    else:
        np.testing.assert_allclose(run(jnp.array([37], jnp.int32)), [schedule(37)], rtol=3e-7)


@pytest.mark.slow
@pytest.mark.parametrize("way", ["jit", "shard_map"])
def test_a_sharded_step_has_one_rate_on_all_devices_and_the_collectives_of_a_constant_rate(way):
    (trainings,) = outputs("sharded", [way], devices=8)
    constant = trainings.pop("constant")
    assert "all-reduce" in {kind for _, kind in constant["collectives"]}
    for name, training in trainings.items():
        assert training["collectives"] == constant["collectives"], name
        assert training["rates"] == [[rate] * 8 for rate in training["alone"]], name
        assert len(set(training["alone"])) > 10, name
        assert min(training["losses"]) < training["losses"][0], name


@pytest.mark.slow
def test_two_processes_train_together_and_log_identical_rates():
    with reserved_address() as address:
        first, second = outputs("distributed", [address, "0"], [address, "1"])
    assert first["processes"] == first["devices"] == 2
    assert first["collectives"] > 0
    assert first.pop("last_batch") != second.pop("last_batch")
    assert first == second
    assert first["rates"] == first["alone"]
    assert len(set(first["rates"])) == len(first["rates"])
    assert first["losses"][-1] < 0.7 * first["losses"][0]


def exported(function: Any, *arguments: Any) -> export.Exported:
    """A program for every platform, after a journey as bytes."""
    program = export.export(jax.jit(function), platforms=PLATFORMS)(*arguments)
    return export.deserialize(program.serialize())


def example(name: str) -> od.Schedule:
    return EXAMPLES[name].make(od, **EXAMPLES[name].setting(0))


@pytest.mark.parametrize("name", EXAMPLES)
def test_every_factory_is_lowered_for_every_platform(name):
    assert_lowered(name, ())


@varied
def test_so_it_is_for_an_array_of_counts(name):
    assert_lowered(name, COUNTS.shape)


def assert_lowered(name, shape):
    program = exported(example(name), jax.ShapeDtypeStruct(shape, jnp.int32))
    assert program.platforms == PLATFORMS
    assert program.out_avals == (jax.core.ShapedArray(shape, jnp.float32),)
    assert not program.disabled_safety_checks


SOME = ("noisy_linear_cosine_decay", "warm_restarts of growing cycles", "piecewise_constant", "sequence", "jitter")


@pytest.mark.parametrize("name", [n if n in SOME else pytest.param(n, marks=pytest.mark.slow) for n in EXAMPLES])
def test_what_was_exported_computes_the_same(name):
    for counts in (COUNTS[2], COUNTS):
        program = exported(example(name), jax.ShapeDtypeStruct(counts.shape, jnp.int32))
        np.testing.assert_array_equal(program.call(counts), jax.jit(example(name))(counts))


def test_a_train_step_is_lowered_for_every_platform():
    lr = od.warmup(od.jitter(od.warm_restarts(od.cosine_decay(0.01, 40), 40, t_mul=1.5), 3, 0.1), 10)
    tx = optax.adamw(lr)
    weights = network()
    leaves, tree = jax.tree.flatten((weights, tx.init(weights)))

    def step(leaves, images, labels):
        weights, state = jax.tree.unflatten(tree, leaves)
        updates, state = tx.update(jax.grad(loss)(weights, images, labels), state, weights)
        return jax.tree.leaves((optax.apply_updates(weights, updates), state))

    images, labels = minibatches(updates=1, size=8)
    arguments = leaves, images[0], labels[0]
    program = exported(step, *arguments)
    assert program.platforms == PLATFORMS
    for got, want in zip(program.call(*arguments), jax.jit(step)(*arguments), strict=True):
        np.testing.assert_array_equal(got, want)
