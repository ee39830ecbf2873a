"""Programs of machines that are not here, by their own compilers: right at every step there, and as they were."""

import json
import re
import subprocess
import sys
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest
from jax.sharding import Mesh, NamedSharding, PartitionSpec

import optax_decay as od
from benchmarks import ahead
from tests.examples import EXAMPLES, is_length
from tests.interpreter import Program
from tests.ways import assert_close, counts_for, eager

ROOT = Path(__file__).parent.parent
TARGETS = {target.name: target for target in ahead.TARGETS if target.name in ("H100", "TPU v5e")}


def there(target):
    """Skips a test where the target's compiler is not installed."""
    if missing := target.missing():
        pytest.skip(missing)


def program(target, schedule):
    """The optimized program of a schedule called with an int32."""
    from jaxlib._hlo import HloPrintOptions

    on_one = NamedSharding(Mesh(np.array(target.devices()[:1]), ("all",)), PartitionSpec())
    jitted = jax.jit(schedule, in_shardings=on_one, out_shardings=on_one)
    compiled = jitted.lower(jax.ShapeDtypeStruct((), jnp.int32)).compile()
    options = HloPrintOptions()
    options.print_large_constants, options.print_metadata = True, False
    (module,) = compiled.runtime_executable().hlo_modules()
    return Program(module.to_string(options))


def evaluated(ready, counts):
    return np.array([ready(np.int32(count)) for count in counts])


@pytest.mark.slow
@pytest.mark.parametrize("target", TARGETS.values(), ids=TARGETS)
@pytest.mark.parametrize("n", [0, 4])
def test_every_factory_is_right_there_too_and_without_64_bits(target, n, subtests):
    there(target)
    for name, example in EXAMPLES.items():
        with subtests.test(name):
            given = example.setting(n)
            schedule = example.make(od, **given)
            ready = program(target, schedule)
            assert not re.search(r"\b[fsu]64\[", ready.text)
            lengths = [abs(x) for key, value in given.items() if is_length(key) for x in np.ravel(value) if x]
            counts = counts_for(*lengths, many=8)
            want = eager(schedule, counts).astype(np.float64)
            assert_close(evaluated(ready, counts), want, 2e-6)


def stages(target, make, decay_steps):
    """The stages that a staircase is in at each boundary."""
    boundaries = decay_steps * np.arange(1, 200)
    values = evaluated(program(target, make(1.0, decay_steps, 0.9, staircase=True)), boundaries)
    return np.round(np.log(values.astype(np.float64)) / np.log(0.9))


@pytest.mark.slow
@pytest.mark.parametrize("target", TARGETS.values(), ids=TARGETS)
def test_a_staircase_that_floors_a_reciprocal_would_be_found(target):
    there(target)
    counts, reciprocals = (
        np.arange(1, 200)[:, None] * np.arange(1, 400),
        np.float32(1) / np.arange(1, 400, dtype=np.float32),
    )
    flipped = np.floor(counts.astype(np.float32) * reciprocals) != np.arange(1, 200)[:, None]
    decay_steps = int(np.argmax(flipped.any(axis=0))) + 1
    assert (stages(target, optax.exponential_decay, decay_steps) != np.arange(1, 200)).any()
    np.testing.assert_array_equal(stages(target, od.exponential_decay, decay_steps), np.arange(1, 200))


@pytest.mark.slow
def test_programs_are_as_they_were_committed_where_the_compilers_are_the_same(tmp_path):
    for target in TARGETS.values():
        there(target)
    command = [sys.executable, "-m", "benchmarks.ahead", "--smoke", "--out", str(tmp_path)]
    printed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    found = sorted((tmp_path / "ahead").glob("*.json"))
    assert len(found) == len(ahead.TARGETS) + 1
    for path in found:
        committed, again = (
            json.loads(p.read_text()) for p in (ROOT / "benchmarks" / "results" / "ahead" / path.name, path)
        )
        # What a CPU's compiler makes depends on the CPU.
        if committed["versions"] == again["versions"] and again["target"] != "CPU":
            assert f"DIFFERS: {again['target']}" not in printed, printed
