"""What does a schedule add to the program of a train step: on a CPU, on GPUs, on TPUs, and on pods of them?

    python -m benchmarks.ahead

Nothing runs and nothing is timed: compilers of machines that are not there compile the steps of `train_step`, and what
they make of them is counted, which is exact. The extras `gpu` and `tpu` bring the compilers; without one its targets
are left out. A schedule's row is what its program has more than the constant rate's. A step of AdamW whose data and
model are sharded, for pods of 8 to 4,096 chips, must gain no collective, and as many operations on any of them. The
answers are kept a file a target; a run that finds another one says where.
"""

import importlib.util
import json
import os
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import optax
from jax.experimental import topologies
from jax.sharding import Mesh, NamedSharding, PartitionSpec
from tqdm import tqdm

from benchmarks import harness, program
from benchmarks.program import FULL, SMOKE_SCHEDULES, Size
from benchmarks.twins import TWINS

METHOD = (
    "jax.experimental.topologies describes the machine, `jit(...).lower(...).compile()` makes its optimized program; "
    "each number is how many more of something a schedule's program has than that of optax's constant schedule. "
    "Kernels run by themselves (a TPU computes scalars within its program, so they are none there); "
    "copies are counted apart: they keep the old count where the donated one is written over before it is read, which "
    "the order of kernels decides. Operations are those that compute, within fusions too. The time is the TPU "
    "compiler's own estimate over the constant's. Compile times are measured, once each; all else is exact."
)
# Facts of the cards, from XLA's own descriptions of them (xla/backends/gpu/target_config/specs).
GPU = """gpu_device_info {{
  threads_per_block_limit: 1024 threads_per_warp: 32 shared_memory_per_block: 49152 shared_memory_per_core: 233472
  threads_per_core_limit: 2048 core_count: {cores} fpus_per_core: 128 block_dim_limit_x: 2147483647
  block_dim_limit_y: 65535 block_dim_limit_z: 65535 memory_bandwidth: {bandwidth} l2_cache_size: {cache}
  clock_rate_ghz: {clock} device_memory_size: {memory} shared_memory_per_block_optin: 232448
  cuda_compute_capability {{ major: {capability} }} registers_per_core_limit: 65536 registers_per_block_limit: 65536
}} platform_name: "CUDA" dnn_version_info {{ major: 9 minor: 10 }} device_description_str: "{name}" """
H100 = GPU.format(
    cores=132, bandwidth=3352320000000, cache=52428800, clock=1.98, memory=84942979072, capability=9, name="NVIDIA H100"
)
B200 = GPU.format(
    cores=148, bandwidth=7672320000000, cache=132644864, clock=1.965, memory=191514411008, capability=10,
    name="NVIDIA B200",
)  # fmt: skip
# How libtpu is kept from looking for the machine that it is on, and from wanting to be alone there.
NO_TPU = {
    **{"TPU_SKIP_MDS_QUERY": "1", "TPU_ACCELERATOR_TYPE": "v5litepod-1", "TPU_WORKER_HOSTNAMES": "localhost"},
    "ALLOW_MULTIPLE_LIBTPU_LOAD": "1",
}
COLLECTIVES = ("all-reduce", "all-gather", "reduce-scatter", "all-to-all", "collective-permute")
SHOWN = FULL[4]
MODEL, WIDTH, BATCH = 4, 1024, 8  # So many chips share a model; the data is on the others too.

Row = dict[str, float]


class Target(NamedTuple):
    """A machine, the platform of its compiler, and how its devices are described there."""

    name: str
    platform: str
    description: str = ""

    def missing(self) -> str:
        """Why it is left out, where it is."""
        module = {"cpu": "jax", "cuda": "jax_cuda12_plugin", "tpu": "libtpu"}[self.platform]
        extra = {"cuda": "gpu"}.get(self.platform, self.platform)
        return "" if importlib.util.find_spec(module) else f"its compiler comes with `pip install -e '.[{extra}]'`"

    def devices(self) -> list[Any]:
        if self.platform == "cpu":
            return jax.devices("cpu")[:1]
        if self.platform == "cuda":
            given = {"topology": "1x1x1", "target_config": self.description}
            return topologies.get_topology_desc("any", "cuda", **given).devices
        os.environ.update({name: os.environ.get(name, value) for name, value in NO_TPU.items()})
        return topologies.get_topology_desc(self.description, "tpu").devices


TARGETS = (
    Target("CPU", "cpu"),
    Target("H100", "cuda", H100),
    Target("B200", "cuda", B200),
    Target("TPU v4", "tpu", "v4:2x2x1"),
    Target("TPU v5e", "tpu", "v5e:2x2"),
    Target("TPU v5p", "tpu", "v5p:2x2x1"),
    Target("TPU v6e", "tpu", "v6e:2x2"),
)
PODS = (
    Target("8 chips of v5e", "tpu", "v5e:2x4"),
    Target("256 chips of v5e", "tpu", "v5e:16x16"),
    Target("1,024 chips of v5p", "tpu", "v5p:8x8x16"),
    Target("4,096 chips of v5p", "tpu", "v5p:16x16x16"),
)


def train_step(rate: Any, size: Size, devices: Sequence[Any]) -> Any:
    """The program of `train_step`, on one device."""
    on_one = NamedSharding(Mesh(np.array(devices[:1]), ("all",)), PartitionSpec())
    transform, train = program.adam(rate, size.steps)
    values = jax.ShapeDtypeStruct((size.parameters,), jnp.float32)
    jitted = jax.jit(train, donate_argnums=(0, 1), in_shardings=on_one, out_shardings=on_one)
    return jitted.lower(values, jax.eval_shape(transform.init, values), values)


def sharded_step(rate: Any, _: Any, devices: Sequence[Any]) -> Any:
    """A step of AdamW for two layers, each split over `MODEL` chips, on data split over the others."""
    mesh = Mesh(np.array(devices).reshape(-1, MODEL), ("data", "model"))
    split = lambda *axes: NamedSharding(mesh, PartitionSpec(*axes))  # noqa: E731
    transform = optax.adamw(rate)

    def step(weights: tuple[jax.Array, jax.Array], state: Any, batch: jax.Array) -> tuple[Any, Any]:
        def loss(weights: tuple[jax.Array, jax.Array]) -> jax.Array:
            return jnp.mean((jax.nn.relu(batch @ weights[0]) @ weights[1] - batch) ** 2)

        updates, state = transform.update(jax.grad(loss)(weights), state, weights)
        return optax.apply_updates(weights, updates), state

    placed = split(None, "model"), split("model", None)
    weights = tuple(jax.ShapeDtypeStruct((WIDTH, WIDTH), jnp.float32, sharding=where) for where in placed)
    kept = optax.tree_utils.tree_map_params(
        transform,
        lambda leaf, where: jax.ShapeDtypeStruct(leaf.shape, leaf.dtype, sharding=where),
        jax.eval_shape(transform.init, weights),
        placed,
        transform_non_params=lambda leaf: jax.ShapeDtypeStruct(leaf.shape, leaf.dtype, sharding=split()),
    )
    examples = jax.ShapeDtypeStruct((BATCH * len(devices), WIDTH), jnp.float32, sharding=split("data"))
    return jax.jit(step, donate_argnums=(0, 1)).lower(weights, kept, examples)


def row(lower: Callable[[], Any], scalar_core: bool) -> tuple[Row, float]:
    """What a program is made of and what it takes by its compiler's estimate; and how long the compiler took."""
    lowered = lower()
    begin = time.perf_counter()
    compiled = lowered.compile()
    seconds, text = time.perf_counter() - begin, compiled.as_text() or ""
    found: Row = dict(program.made_of(text, scalar_core))
    found["collectives"] = sum(text.count(f" {name}{start}(") for name in COLLECTIVES for start in ("", "-start"))
    told = (compiled.cost_analysis() or {}).get("optimal_seconds", 0.0)
    # A CPU's and a GPU's compiler tell no time, nor does the TPU's where chips wait for each other.
    return found | ({"time": told} if told > 0 else {}), seconds


def added(found: Row, constant: Row) -> Row:
    more = {what: number - constant[what] for what, number in found.items() if what != "time"}
    return more | ({"time": round(found["time"] / constant["time"], 5)} if "time" in constant else {})


def measure(lower: Callable[..., Any], target: Target, size: Any, names: Sequence[str]) -> dict[str, Any]:
    """The constant's program, what each contender adds to it, and the time to compile each over the constant's."""
    devices, tpu = target.devices(), target.platform == "tpu"
    rates = {(name, who): rate for name in names for who, rate in TWINS[name].items()}
    first = TWINS["constant"]["optax"]
    constant, _ = row(lambda: lower(first, size, devices), tpu)
    once = float(np.median([row(lambda: lower(first, size, devices), tpu)[1] for _ in range(3)]))
    rows: dict[str, dict[str, Row]] = {name: {} for name in names}
    slower: dict[str, dict[str, float]] = {name: {} for name in names}
    for (name, who), rate in tqdm(rates.items(), f"{target.name}, {size}", leave=False, disable=None):
        found, seconds = row(lambda rate=rate: lower(rate, size, devices), tpu)
        rows[name][who] = added(found, constant)
        slower[name][who] = round(seconds / once, 2)
    return {"the constant's": constant, "added": rows, "compile time to the constant's": slower}


def beyond_optax(rows: dict[str, dict[str, Row]]) -> list[str]:
    """Where ours adds a kernel, a fusion or a collective that optax's twin does not, or over twice its operations."""
    most, found = {"kernels": 1, "fusions": 1, "collectives": 1, "operations": 2}, []
    for name, each in rows.items():
        ours, optaxs = each["ours"], each.get("optax", each["ours"])
        more = [what for what, times in most.items() if ours[what] > times * max(optaxs[what], 0)]
        if optaxs is not ours and more:
            found.append(f"{name} ({', '.join(f'{ours[what]} {what} for {optaxs[what]}' for what in more)})")
    return found


def table(title: str, measured: dict[str, Any]) -> None:
    kinds = [what for what in next(iter(measured["added"].values()))["ours"]]
    rows: list[list[Any]] = [["added: ours, optax, by hand", *kinds, "compile time"]]
    for name, each in measured["added"].items():
        cells = [", ".join(f"{one[what]:.5g}" for one in each.values()) for what in kinds]
        rows.append([name, *cells, ", ".join(map(str, measured["compile time to the constant's"][name].values()))])
    made = ", ".join(f"{number} {what}" for what, number in measured["the constant's"].items() if what != "time")
    harness.table(f"{title}; the constant's program has {made}", rows)


def differences(old: Any, new: Any, where: str = "") -> Iterator[str]:
    """Where an answer is not the one that was kept, as far as both have one; measured times aside."""
    if isinstance(old, dict) and isinstance(new, dict):
        for key in new:
            if key in old and "compile time" not in key:
                yield from differences(old[key], new[key], f"{where}, {key}" if where else key)
    elif old != new:
        yield f"{where}: {new}, where {old} was kept"


def keep(name: str, answer: dict[str, Any], out: Path) -> None:
    """Puts an answer into its file, once it is said where it is not the one that is committed."""
    file = Path("ahead", f"{name.lower().replace(' ', '_')}.json")
    kept = json.loads((harness.RESULTS / file).read_text()) if (harness.RESULTS / file).exists() else {}
    for difference in differences(kept, answer):
        print(f"DIFFERS: {name}, {difference}.")
    about = {"target": name, "method": METHOD, "versions": harness.versions(*harness.COMPILERS)}
    harness.write(about | answer, out / file)


def main(arguments: Sequence[str] | None = None) -> None:
    jax.config.update("jax_platforms", "cpu")
    smoke, out = harness.options("ahead", arguments)
    names, sizes = (SMOKE_SCHEDULES, (SHOWN,)) if smoke else (tuple(TWINS), FULL)
    for target in TARGETS:
        if missing := target.missing():
            print(f"\n{target.name} is left out: {missing}.")
            continue
        measured = {str(size): measure(train_step, target, size, names) for size in sizes}
        table(f"{target.name}, {SHOWN}", measured[str(SHOWN)])
        for size, each in measured.items():
            print(f"Beyond optax's twin, {size}: {'; '.join(beyond_optax(each['added'])) or 'nothing'}.")
        keep(target.name, {"sizes": measured}, out)
    pods = {}
    for pod in PODS[:1] if smoke else PODS:
        if missing := pod.missing():
            print(f"\n{pod.name} are left out: {missing}.")
            continue
        pods[pod.name] = measure(sharded_step, pod, pod.description, names)
        table(f"{pod.name}, a sharded step of AdamW", pods[pod.name])
    if pods:
        keep("pods", {"pods": pods}, out)


if __name__ == "__main__":
    main()
