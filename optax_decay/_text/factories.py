"""The meanings of names in a text: the package's factories, a user's own, and named numbers."""

import inspect
import keyword
from collections.abc import Callable, Iterable, Mapping
from types import ModuleType
from typing import Any

import numpy as np

from optax_decay import _clocks, _decays, _phases, _presets, _values
from optax_decay._schedule import as_schedule
from optax_decay._schedule.kinds import is_plain_number, number, told
from optax_decay._schedule.record import record_of

AnyFactory = Callable[..., Any]

# Every public factory, by its module.
GROUPS: dict[ModuleType, dict[str, AnyFactory]] = {
    module: {
        name: factory
        for name, factory in vars(module).items()
        if not name.startswith("_") and record_of(factory) and factory.__module__.startswith(module.__name__)
    }
    for module in (_decays, _clocks, _phases, _values, _presets)
}
GROUPS[_values]["as_schedule"] = as_schedule
FACTORIES = {name: factory for group in GROUPS.values() for name, factory in group.items()}


def factories_by_name(factories: Mapping[str, AnyFactory] | Iterable[AnyFactory]) -> dict[str, AnyFactory]:
    """A user's own factories by name."""
    if callable(factories) or isinstance(factories, str) or not isinstance(factories, Iterable):
        raise TypeError(f"`factories` must be a mapping from names, or several factories, got {factories!r}.")
    if isinstance(factories, Mapping):
        named = dict(factories)
    else:
        named = {getattr(factory, "__name__", repr(factory)): factory for factory in factories}
    for name, factory in named.items():
        if not callable(factory):
            hint = f": give numbers as `values={{{name!r}: {factory!r}}}`" if is_plain_number(factory) else ""
            raise TypeError(f"`factories` must be callable, got {factory!r} as {name}{hint}.")
    return named


def numbers_by_name(values: Mapping[str, Any] | None, factories: Mapping[str, AnyFactory]) -> dict[str, Any]:
    """Plain numbers by names that stand for nothing else."""
    if values is None:
        return {}
    if not isinstance(values, Mapping):
        raise TypeError(f"`values` must be a mapping from names to numbers, got {values!r}.")
    named: dict[str, Any] = {}
    for name, value in values.items():
        if not isinstance(name, str) or not name.isidentifier() or keyword.iskeyword(name):
            raise ValueError(f"`values` must have valid Python names, got {name!r}.")
        if name in factories or name == "Fraction":
            raise ValueError(f"`values` must not have the name of a factory, got {name!r}.")
        value = value.item() if isinstance(value, np.generic) else value
        if not is_plain_number(value):
            raise TypeError(f"`values` must be plain numbers, got {told(value)} as {name}.")
        named[name] = number(name, value)
    return named


def parameters_of(factory: AnyFactory, arguments: list[Any]) -> tuple[list[str], bool]:
    """The argument names of a factory (for `scheduled`, of its factory too), and whether it takes any others."""
    try:
        parameters = inspect.signature(factory).parameters.values()
    except ValueError:  # a builtin
        return [], True
    names = [p.name for p in parameters if p.kind is not p.VAR_KEYWORD]
    if factory is _values.scheduled and arguments and record_of(arguments[0]):
        more, extensible = parameters_of(arguments[0], [])
        return names + more, extensible
    return names, len(names) < len(parameters)
