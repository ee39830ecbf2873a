"""What is known of a schedule factory: one record, which the factory's function holds."""

import inspect
from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np

from optax_decay._arithmetic import Given
from optax_decay._schedule import mixups
from optax_decay._schedule.advice import unknown_argument


@dataclass(frozen=True, slots=True)
class Kind:
    """What an argument may be.

    Attributes:
      check: takes the argument's name and a value; refuses a wrong concrete value, and returns a good one in its plain
        form, which `repr`, equality and pickling use.
      bind: takes a checked value and returns the form in which the build function receives it; None for the same form.
      is_tabulated: whether a program may take the number from a table, one for each phase of a sequence.
      is_length: whether it is measured in steps: a length, a boundary, a factor or a share of lengths.
      measures: "steps" for a number of update steps, "values" for a number that a schedule may be, and empty for
        anything else. Mix-ups are looked for among the two.
      bases: takes a checked value and returns the bases in it, whose values make the schedule's own; None where there
        are none.
    """

    check: Callable[[str, Any], Any]
    bind: Callable[[Any], Any] | None = None
    is_tabulated: bool = False
    is_length: bool = False
    measures: str = ""
    bases: Callable[[Any], Iterable[Any]] | None = None


class Operator(NamedTuple):
    """How an operation is written, and how strongly it binds its sides."""

    symbol: str
    strength: int


@dataclass(frozen=True, eq=False)
class Record:
    """What is known of a factory.

    Attributes:
      factory: the function that makes schedules.
      build: the function that it was made of, which returns a function of the count.
      takes_count: whether that function takes a `Count`, as the package's own do, or a plain number.
      operator: how it is written; None for a factory that is called by its name.
    """

    factory: Callable[..., Any]
    build: Callable[..., Any]
    takes_count: bool
    operator: Operator | None = None

    @cached_property
    def signature(self) -> inspect.Signature:
        """The build function's signature, whose annotations hold the kinds of arguments."""
        return inspect.signature(self.build)

    @cached_property
    def parameters(self) -> dict[str, inspect.Parameter]:
        """The arguments of the factory by name."""
        return dict(self.signature.parameters)

    @cached_property
    def kinds(self) -> dict[str, Kind]:
        """The kinds of arguments by name; a user's factory may have none."""
        kinds = {name: _kind(p.annotation) for name, p in self.parameters.items()}
        return {name: kind for name, kind in kinds.items() if kind}

    @cached_property
    def defaults(self) -> dict[str, Any]:
        """The values of arguments that may be left out."""
        return {name: p.default for name, p in self.parameters.items() if p.default is not p.empty}

    @cached_property
    def rest(self) -> str | None:
        """The argument that takes any further ones by name, if there is one."""
        return next((name for name, p in self.parameters.items() if p.kind is p.VAR_KEYWORD), None)

    @cached_property
    def _positional(self) -> list[str]:
        return [name for name, p in self.parameters.items() if p.kind is p.POSITIONAL_OR_KEYWORD]

    @cached_property
    def _required(self) -> set[str]:
        return self.parameters.keys() - self.defaults.keys()

    @cached_property
    def _steps(self) -> list[str]:
        return [name for name, kind in self.kinds.items() if kind.measures == "steps"]

    @cached_property
    def _values(self) -> list[str]:
        """The values among the arguments by position, where users take one for another."""
        return [name for name in self._positional if name in self.kinds and self.kinds[name].measures == "values"]

    @cached_property
    def _by_name(self) -> bool:
        """Whether every argument can be passed on by name."""
        named = (inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY)
        return all(parameter.kind in named for parameter in self.parameters.values())

    @cached_property
    def _bases(self) -> dict[str, Callable[[Any], Iterable[Any]]]:
        return {name: kind.bases for name, kind in self.kinds.items() if kind.bases}

    def bases(self, given: Mapping[str, Any]) -> list[Any]:
        """The bases among checked arguments."""
        return [base for name, bases in self._bases.items() if name in given for base in bases(given[name])]

    @cached_property
    def _binds(self) -> dict[str, Callable[[Any], Any]]:
        return {name: kind.bind for name, kind in self.kinds.items() if kind.bind}

    def _bound(self, given: Mapping[str, Any]) -> dict[str, Any]:
        return {name: self._binds[name](value) if name in self._binds else value for name, value in given.items()}

    @cached_property
    def _bound_defaults(self) -> dict[str, Any]:
        return self._bound(self.defaults)

    @property
    def name(self) -> str:
        return self.factory.__name__

    def arguments(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> dict[str, Any]:
        """A call's arguments by name, in the order of the signature, checked and in their plain form."""
        given, kinds = self._named(args, kwargs), self.kinds
        for name, value in given.items():
            value = _plain(value)
            try:
                given[name] = kinds[name].check(name, value) if name in kinds else value
            except TypeError:
                self._refuse_swapped_base(given, name, value)
                raise
            except ValueError:
                if name in self._steps:
                    values = {other: _plain(given[other]) for other in self._values if other in given}
                    mixups.refuse_no_steps(name, value, values, self._positional)
                raise
        if self._steps:
            mixups.refuse(given, self._steps, self._values, self._positional)
        return given

    def _named(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> dict[str, Any]:
        # `Signature.bind` takes longer than all the rest, so it is asked only where arguments are starred or wrong.
        if self._by_name and len(args) <= len(self._positional):
            given = dict(zip(self._positional, args, strict=False))
            if kwargs:
                given |= {name: kwargs[name] for name in self.parameters if name in kwargs}
            if len(given) == len(args) + len(kwargs) and self._required <= given.keys():
                return given
        unknown = [name for name in kwargs if name not in self.parameters]
        if unknown and self.rest is None:
            raise TypeError(unknown_argument(self.name, unknown[0], self.parameters))
        if self._by_name and len(args) > len(self._positional):
            raise TypeError(self._too_many(args))
        try:
            return self.signature.bind(*args, **kwargs).arguments
        except TypeError as error:
            raise TypeError(f"{self.name}: {error}.") from None

    def _too_many(self, args: tuple[Any, ...]) -> str:
        names = self._positional
        text = f"`{self.name}` takes {', '.join(names)} by position, got {len(args)} arguments"
        by_name = [name for name in self.parameters if name not in names]
        if not by_name:
            return f"{text}."
        value, name = args[len(names)], by_name[0]
        try:
            self.kinds[name].check(name, value)
        except (TypeError, ValueError):
            return f"{text}: call the schedule with the count, TensorFlow's `global_step`."
        if name == "init_value" and type(value) in (int, float) and value >= 1:
            text = text.replace("by position", "in this order")
            return f"{text}: `init_value`, which Optax has first, is given by name."
        return f"{text}: give the others by name, `{name}={value!r}`."

    def _refuse_swapped_base(self, given: Mapping[str, Any], name: str, value: Any) -> None:
        first = given.get("base")
        if callable(value) and self.kinds[name].is_length and not callable(first) and first is not None:
            raise TypeError(
                f"`{self.name}` takes the schedule first, {self.name}({', '.join(self._positional)}): "
                f"got {first!r} for `base` and {value!r} for `{name}`."
            ) from None

    def call(self, given: Mapping[str, Any]) -> tuple[tuple[Any, ...], dict[str, Any]]:
        """Arguments as they are passed on, by position and by name."""
        bound = inspect.BoundArguments(self.signature, OrderedDict(given))
        return bound.args, bound.kwargs

    def built(self, given: Mapping[str, Any]) -> Any:
        """What the build function returns for checked arguments: a function of the count, or a schedule."""
        if self._binds:
            given = self._bound_defaults | self._bound(given)
        if self._by_name:
            return self.build(**given)
        args, kwargs = self.call(given)
        return self.build(*args, **kwargs)


def _kind(annotation: Any) -> Kind | None:
    return next((kind for kind in getattr(annotation, "__metadata__", ()) if isinstance(kind, Kind)), None)


def keep(record: Record, shown: inspect.Signature) -> None:
    """Gives a factory its record, and the signature that `help` shows."""
    vars(record.factory).update(_schedule_factory=record, __signature__=shown)


def record_of(factory: Any) -> Record | None:
    """A factory's record, or None for anything else."""
    record = getattr(factory, "_schedule_factory", None)
    return record if isinstance(record, Record) else None


def _plain(value: Any) -> Any:
    """NumPy scalars as Python numbers, lists and NumPy arrays as tuples, within tuples and named arguments too."""
    if type(value) in (int, float):
        return value
    if isinstance(value, Given):
        return value.plain
    if isinstance(value, (np.generic, np.ndarray)):
        value = value.tolist()
    if isinstance(value, (list, tuple)):
        return tuple(map(_plain, value))
    return {name: _plain(entry) for name, entry in value.items()} if isinstance(value, dict) else value
