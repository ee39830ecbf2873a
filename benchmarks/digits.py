"""What trains: a small network on scikit-learn's handwritten digits."""

import itertools
import math
from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import optax
from jax import lax
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

LAYERS, MOMENTUM = (64, 32, 10), 0.9
TRAIN, VALIDATION, TEST = 1077, 360, 360
Weights = list[tuple[Any, Any]]


class Split(NamedTuple):
    """Images as rows of pixels from 0 to 1, and the digits that they show."""

    images: jax.Array
    labels: jax.Array


class Start(NamedTuple):
    """Where a seed's training starts and what it sees: weights, and the examples of each update's minibatch."""

    weights: Weights
    batches: Any


def load() -> tuple[Split, ...]:
    """The training, validation and test splits: the same every time, and each digit's share the same in all."""
    images, labels = load_digits(return_X_y=True)
    rest, test = train_test_split(np.arange(len(labels)), test_size=TEST, stratify=labels, random_state=0)
    rest, validation = train_test_split(rest, test_size=VALIDATION, stratify=labels[rest], random_state=0)
    return tuple(
        Split(jnp.asarray(images[rows] / 16, jnp.float32), jnp.asarray(labels[rows]))
        for rows in (rest, validation, test)
    )


def start(seed: int, updates: int, batch: int) -> Start:
    random = np.random.default_rng(seed)
    layers = itertools.pairwise(LAYERS)
    weights = [(random.normal(0, math.sqrt(2 / n), (n, m)), np.zeros(m)) for n, m in layers]
    return Start(weights, random.integers(TRAIN, size=(updates, batch)))


def starts(seeds: range, updates: int, batch: int) -> Start:
    """Every seed's start, stacked."""
    return jax.tree.map(lambda *arrays: jnp.stack(arrays), *(start(seed, updates, batch) for seed in seeds))


def logits(weights: Weights, images: jax.Array) -> jax.Array:
    *hidden, (last, bias) = weights
    for matrix, offset in hidden:
        images = jax.nn.relu(images @ matrix + offset)
    return images @ last + bias


def loss(weights: Weights, split: Split) -> jax.Array:
    return optax.softmax_cross_entropy_with_integer_labels(logits(weights, split.images), split.labels).mean()


def train(lr: Callable[[Any], Any], start: Start, examples: Split) -> tuple[Weights, jax.Array]:
    """The weights after the last update and the loss at each."""
    transform = optax.sgd(lr, MOMENTUM)

    def step(carry: tuple[Any, Any], batch: jax.Array) -> tuple[tuple[Any, Any], jax.Array]:
        weights, state = carry
        value, gradient = jax.value_and_grad(loss)(weights, Split(*(array[batch] for array in examples)))
        update, state = transform.update(gradient, state)
        return (optax.apply_updates(weights, update), state), value

    (weights, _), losses = lax.scan(step, (start.weights, transform.init(start.weights)), start.batches)
    return weights, losses
