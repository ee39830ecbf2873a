"""Schedules of what is not written in Python: their formulae, transcribed from the source and evaluated in float64.

Caffe's are those of `SGDSolver::GetLearningRate` in src/caffe/solvers/sgd_solver.cpp, in C++. ParameterSchedulers.jl's
are those of src/decay.jl, src/cyclic.jl and src/complex.jl, in Julia, where the first step is t = 1.
"""

import math
from collections.abc import Callable, Iterator
from typing import Any

from tests.peers.cases import Case, case, counts


def caffe() -> Iterator[Case]:
    def one(policy: str, rate: Callable[[int], float], at: list[int], variant: str = "", **arguments: Any) -> Case:
        return case(policy, lambda at: [rate(count) for count in at], {"base_lr": 0.1, **arguments}, at, variant)

    def sigmoid(gamma: float) -> Callable[[int], float]:
        return lambda t: 0.1 * (1 / (1 + math.exp(-gamma * (t - 500))))

    yield one("fixed", lambda t: 0.1, counts(last=1000))
    yield one("step", lambda t: 0.1 * 0.5 ** (t // 100), counts(100, 200, 500, last=1000), gamma=0.5, stepsize=100)
    yield one("exp", lambda t: 0.1 * 0.99**t, counts(last=1000), gamma=0.99)
    yield one("inv", lambda t: 0.1 * (1 + 1e-4 * t) ** -0.75, counts(last=50_000), gamma=1e-4, power=0.75)
    yield one(
        "multistep",
        lambda t: 0.1 * 0.1 ** ((t >= 300) + (t >= 500)),
        counts(300, 500, last=1000),
        gamma=0.1,
        stepvalue=[300, 500],
    )
    yield one("poly", lambda t: 0.1 * (1 - t / 1000) ** 0.5, counts(1000, last=1000), power=0.5, max_iter=1000)
    yield one("sigmoid", sigmoid(0.02), counts(500, last=2000), gamma=0.02, stepsize=500)
    # A negative gamma falls, which Caffe's own check refuses but its comment and Caffe2 do not.
    yield one("sigmoid", sigmoid(-0.02), counts(500, last=2000), "falling", gamma=-0.02, stepsize=500)


Formula = Callable[[int], float]


def parameter_schedulers() -> Iterator[Case]:
    def one(family: str, value: Formula, at: list[int], variant: str = "", **arguments: Any) -> Case:
        return case(family, lambda at: [value(count + 1) for count in at], arguments, at, variant)

    def exp(start: float, decay: float) -> Formula:
        return lambda t: start * decay ** (t - 1)

    def triangle(t: int) -> float:
        return 2 / math.pi * abs(math.asin(math.sin(math.pi * (t - 1) / 100)))

    def sine(t: int) -> float:
        return abs(math.sin(math.pi * (t - 1) / 100))

    def halved(t: int) -> float:
        return 0.099 * 0.5 ** (math.ceil(t / 100) - 1)

    def cosine(l0: float, l1: float, period: int) -> Formula:
        return lambda t: abs(l0 - l1) * (1 + math.cos(math.pi * (t - 1) / period)) / 2 + min(l0, l1)

    steps = counts(30, 60, 90, 120, last=300)
    yield one("Step", lambda t: 0.1 * 0.5 ** ((t - 1) // 30), steps, start=0.1, decay=0.5, step_sizes=30)
    yield one(
        "Step",
        lambda t: 0.1 * 0.5 ** sum(t > bound for bound in (30, 80, 180)),
        counts(30, 80, 180, last=300),
        "of several sizes",
        start=0.1,
        decay=0.5,
        step_sizes=[30, 50, 100],
    )
    yield one("Exp", exp(0.1, 0.97), counts(last=300), start=0.1, decay=0.97)
    yield one("Poly", lambda t: 0.1 * (1 - (t - 1) / 300) ** 2, counts(last=299), start=0.1, degree=2, max_iter=300)
    yield one("Inv", lambda t: 0.1 / (1 + (t - 1) * 0.01) ** 2, counts(last=3000), start=0.1, decay=0.01, degree=2)
    wave = {"l0": 0.1, "l1": 0.001, "period": 100}
    peaks = counts(50, 100, 150, 200, last=500)
    falling = exp(0.099, 0.99)
    yield one("Triangle", lambda t: 0.099 * triangle(t) + 0.001, peaks, **wave)
    yield one("TriangleDecay2", lambda t: halved(t) * triangle(t) + 0.001, peaks, **wave)
    yield one("TriangleExp", lambda t: falling(t) * triangle(t) + 0.001, peaks, **wave, decay=0.99)
    yield one("Sin", lambda t: 0.099 * sine(t) + 0.001, peaks, **wave)
    yield one("SinDecay2", lambda t: halved(t) * sine(t) + 0.001, peaks, **wave)
    yield one("SinExp", lambda t: falling(t) * sine(t) + 0.001, peaks, **wave, decay=0.99)
    whole = cosine(0.1, 0.001, 100)
    yield one("CosAnneal", lambda t: whole((t - 1) % 100 + 1), counts(100, 200, last=500), **wave)
    yield one("CosAnneal", whole, counts(100, 200, 300, last=500), "without restart", **wave, restart=False)

    def one_cycle(t: int) -> float:
        return cosine(0.1, 0.004, 251)(t + 251) if t <= 251 else cosine(0.1, 1e-6, 751)(t - 251)

    # A quarter of 1002 is rounded up to 251 whole steps.
    yield one("OneCycle", one_cycle, counts(251, last=1001), nsteps=1002, maxval=0.1)
    # The combinators, as the documentation of each has them.
    first, then = exp(0.1, 0.9), exp(0.01, 0.99)
    yield one(
        "Sequence",
        lambda t: first(t) if t <= 50 else then(t - 50),
        counts(50, last=200),
        schedules=[{"Exp": [0.1, 0.9]}, {"Exp": [0.01, 0.99]}],
        step_sizes=[50, 150],
    )
    yield one("Loop", lambda t: first((t - 1) % 40 + 1), counts(40, 80, last=200), f={"Exp": [0.1, 0.9]}, period=40)
    yield one(
        "Interpolator",
        lambda t: first(math.ceil(t / 40)),
        counts(40, 80, last=400),
        schedule={"Exp": [0.1, 0.9]},
        rate=40,
    )
    yield one("Shifted", lambda t: first(t - 1 + 10), counts(last=200), schedule={"Exp": [0.1, 0.9]}, offset=10)


# What is recorded of each, and the commit that was transcribed.
SECTIONS: dict[str, tuple[Callable[[], Iterator[Case]], Callable[[], str]]] = {
    "Caffe": (caffe, lambda: "03a371d77b39"),
    "ParameterSchedulers": (parameter_schedulers, lambda: "f6ca703973fd"),
}
