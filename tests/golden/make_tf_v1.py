"""Makes tf_v1.json again: the values that TensorFlow's own decays give at the counts that the file lists.

    pip install tensorflow-cpu==2.21.0
    python tests/golden/make_tf_v1.py --check   # compare, and say by how much the values differ
    python tests/golden/make_tf_v1.py           # write the file again

The functions, arguments and counts stay as they are in the file; only the values are computed. One count is left out of
it, and shown at each run: see LEFT_OUT.
"""

import argparse
import json
import sys
from pathlib import Path
from typing import Any

import tensorflow as tf

FILE = Path(__file__).with_name("tf_v1.json")

# TensorFlow finds the cycle of cosine_decay_restarts by flooring a float32 logarithm. For these arguments cycle 2
# begins at exactly 1000 (1 + 1.1) = 2100 with the value learning_rate; TensorFlow rounds into cycle 1, to its end's.
LEFT_OUT: dict[str, Any] = {
    "function": "cosine_decay_restarts",
    "arguments": {"learning_rate": 1.0, "first_decay_steps": 1000, "t_mul": 1.1, "m_mul": 1.0, "alpha": 0.0},
    "counts": [2100],
}
LEFT_OUT_EXACT = 1.0


def values(case: dict[str, Any]) -> list[float]:
    """TensorFlow's values of a case, eager, from an int32 global_step."""
    function, arguments = getattr(tf.compat.v1.train, case["function"]), dict(case["arguments"])
    step = "x" if case["function"] == "piecewise_constant" else "global_step"
    # Eager, TensorFlow returns a function without arguments.
    return [float(function(**{step: tf.constant(count, tf.int32)}, **arguments)()) for count in case["counts"]]


def main() -> int:
    parser = argparse.ArgumentParser(description="Makes tf_v1.json again from TensorFlow.")
    parser.add_argument("--check", action="store_true", help="compare with the file and leave it as it is")
    check = parser.parse_args().check

    golden = json.loads(FILE.read_text())
    if any(LEFT_OUT["counts"][0] in c["counts"] for c in golden["cases"] if c["arguments"] == LEFT_OUT["arguments"]):
        sys.exit(f"{FILE.name} holds the count that LEFT_OUT names.")
    print(f"TensorFlow {tf.__version__}; the file: {golden['source']}")
    worst, where, differing, total = 0.0, "", 0, 0
    for case in golden["cases"]:
        made = values(case)
        scale = max(map(abs, case["values"]))
        for count, new, old in zip(case["counts"], made, case["values"], strict=True):
            total, differing = total + 1, differing + (new != old)
            if abs(new - old) / scale > worst:
                worst, where = abs(new - old) / scale, f" ({case['function']}, {case['arguments']}, count {count})"
        case["values"] = made
    print(f"{total} values in {len(golden['cases'])} cases; {differing} differ from the file.")
    print(f"The largest difference is {worst:.3g} of its case's largest value{where}.")
    print(
        f"Left out: {LEFT_OUT['function']} of {LEFT_OUT['arguments']} at count {LEFT_OUT['counts'][0]}: "
        f"TensorFlow gives {values(LEFT_OUT)[0]}, the exact value is {LEFT_OUT_EXACT}."
    )
    if check:
        return int(worst > 2e-6)
    golden["source"] = f"tensorflow-cpu {tf.__version__}, tf.compat.v1.train, eager, int32 global_step, float32"
    FILE.write_text(json.dumps(golden, separators=(",", ":")))
    return 0


if __name__ == "__main__":
    sys.exit(main())
