"""A small network on scikit-learn's handwritten digits, which the programs beside this file train."""

from collections.abc import Callable
from typing import Any

import jax
import numpy as np
import optax
from sklearn.datasets import load_digits

Weights = dict[str, Any]


def minibatches(updates: int, size: int) -> tuple[np.ndarray, np.ndarray]:
    """Images and labels of every update: the same in each process, and whatever update it begins at."""
    images, labels = load_digits(return_X_y=True)
    rows = np.random.default_rng(0).integers(len(labels), size=(updates, size))
    return np.float32(images / 16)[rows], np.int32(labels)[rows]


def network(width: int = 32) -> Weights:
    random = np.random.default_rng(1)
    w1, w2 = (np.float32(random.normal(0, n**-0.5, (n, m))) for n, m in ((64, width), (width, 10)))
    return {"w1": w1, "b1": np.zeros(width, np.float32), "w2": w2, "b2": np.zeros(10, np.float32)}


def loss(
    weights: Weights, images: jax.Array, labels: jax.Array, over_width: Callable[[jax.Array], jax.Array] = lambda x: x
) -> jax.Array:
    """Mean cross entropy; `over_width` adds up the products of a width that is cut into shards."""
    hidden = jax.nn.relu(images @ weights["w1"] + weights["b1"])
    logits = over_width(hidden @ weights["w2"]) + weights["b2"]
    return optax.softmax_cross_entropy_with_integer_labels(logits, labels).mean()


def bits(value: Any) -> str:
    """The bytes of an array, to compare bit for bit."""
    return np.asarray(value).tobytes().hex()
