"""TensorFlow's own values, 1,307 of them: the package's four ways of running a schedule, and the oracle, give them."""

import json
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax import lax

import optax_decay as od
from tests import oracle

pytestmark = pytest.mark.lowest
GOLDEN = json.loads((Path(__file__).parent / "golden" / "tf_v1.json").read_text())["cases"]
OURS = {"learning_rate": "init_value", "end_learning_rate": "end_value"}


def _id(case):
    return case["function"] + "-" + "-".join(str(v).replace(" ", "") for v in case["arguments"].values())


each_case = pytest.mark.parametrize("case", GOLDEN, ids=_id)


def made(library, case):
    arguments = {OURS.get(name, name): value for name, value in case["arguments"].items()}
    return getattr(library, case["function"])(**arguments)


def check(values, case, where):
    expected = np.array(case["values"])
    off = np.abs(np.asarray(values, np.float64) - expected) / np.abs(expected).max()
    worst = int(off.argmax())
    assert off[worst] <= 2e-6, (
        f"{where}: {values[worst]} at count {case['counts'][worst]}, where TensorFlow gives {expected[worst]}"
    )


def test_the_file_holds_1307_values_in_55_cases():
    assert len(GOLDEN) == 55
    assert sum(len(case["values"]) for case in GOLDEN) == 1307
    assert all(len(case["values"]) == len(case["counts"]) for case in GOLDEN)
    assert len({case["function"] for case in GOLDEN}) == 8
    assert len(set(map(_id, GOLDEN))) == 55


@each_case
def test_the_package_gives_tensorflows_values_eager_jitted_vmapped_and_scanned(case):
    s = made(od, case)

    # One program for the three, for one compilation a case.
    @jax.jit
    def compiled(counts):
        return {
            "jitted on the array": s(counts),
            "vmapped": jax.vmap(s)(counts),
            "scanned": lax.scan(lambda carry, count: (carry, s(count)), None, counts)[1],
        }

    check([s(count).item() for count in case["counts"]], case, "eager")
    for where, values in compiled(jnp.array(case["counts"], jnp.int32)).items():
        check(values, case, where)


@each_case
def test_the_oracle_gives_tensorflows_values(case):
    s = made(oracle, case)
    check([float(s(count)) for count in case["counts"]], case, "oracle")
