"""What a recorded case is, and at which counts it is recorded."""

import itertools
from collections.abc import Callable
from typing import Any

CASE_COUNTS = 25

Case = dict[str, Any]
Read = Callable[[list[int]], list[float]]


def counts(*boundaries: int, last: int) -> list[int]:
    """0, 1, `last`, each boundary with its neighbours, and others spread over the rest."""
    chosen = {0, 1, last} | {count for b in boundaries for count in (b - 1, b, b + 1) if 0 <= count <= last}
    spread = (int(last * (0.6180339887 * n % 1)) for n in itertools.count(1))
    while len(chosen) < min(CASE_COUNTS, last + 1):
        chosen.add(next(spread))
    return sorted(chosen)


def short(value: Any) -> float:
    """Nine digits: enough to tell any two float32 numbers apart."""
    return float(f"{float(value):.9g}")


def case(schedule: str, read: Read, arguments: Any, at: list[int], variant: str = "") -> Case:
    named = {"schedule": schedule, "variant": variant} if variant else {"schedule": schedule}
    return {**named, "arguments": arguments, "counts": at, "values": [short(value) for value in read(at)]}


def simulated(values: list[float]) -> Read:
    """For libraries that are stepped: the values of every step, read at the counts."""
    return lambda at: [values[count] for count in at]


def key(case: Case) -> str:
    return " ".join(filter(None, (case["library"], case["schedule"], case.get("variant"))))
