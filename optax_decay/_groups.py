"""Evaluates the phases that one factory made once, with the numbers that stand in the phase's row of a table."""

from collections.abc import Callable, Hashable, Iterator
from itertools import chain
from typing import Any, NamedTuple

import numpy as np

from optax_decay import _count
from optax_decay._arithmetic import Given, Real, in_row, kind_in_table, where
from optax_decay._count import Count
from optax_decay._schedule import Schedule, at, elementwise, key
from optax_decay._schedule.factory import make
from optax_decay._schedule.kinds import bound_base
from optax_decay._schedule.record import Record


class _Plan(NamedTuple):
    """How a base is made: what one program shares, the numbers that may differ, and how to make it of others."""

    shared: Hashable
    numbers: list[Any]
    remake: Callable[[Iterator[Any]], Any]


def _plan(value: Any, tabulated: bool = True) -> _Plan:
    value = value.plain if isinstance(value, Given) else value
    if isinstance(value, Schedule):
        made = value._definition
        return _plan_of_schedule(made) if made._record.takes_count else _Plan(key(value), [], lambda numbers: value)
    if tabulated and isinstance(value, tuple):
        plans = [_plan(entry) for entry in value]
        return _joined(plans, tuple, lambda entries: entries)
    kind = kind_in_table(value) if tabulated else None
    if kind is not None:
        return _Plan(kind, [value], next)
    return _Plan(key(value), [], lambda numbers: value)


def _plan_of_schedule(made: Schedule) -> _Plan:
    record, names = made._record, tuple(made._given)
    plans = [_plan(made._given[name], _is_tabulated(record, name)) for name in names]

    def remake(entries: tuple[Any, ...]) -> Schedule:
        return make(record, dict(zip(names, entries, strict=True)))

    return _joined(plans, (record, *names), remake)


def _is_tabulated(record: Record, name: str) -> bool:
    return name in record.kinds and record.kinds[name].is_tabulated


def _joined(plans: list[_Plan], shared: Hashable, remake: Callable[[tuple[Any, ...]], Any]) -> _Plan:
    return _Plan(
        (shared, *(plan.shared for plan in plans)),
        list(chain.from_iterable(plan.numbers for plan in plans)),
        lambda numbers: remake(tuple(plan.remake(numbers) for plan in plans)),
    )


class GroupedPhases:
    """Bases by their place in a sequence, in groups that one program serves."""

    def __init__(self, bases: list[Any]):
        groups: dict[Hashable, list[_Plan]] = {}
        numbers: dict[Hashable, int] = {}
        table = np.empty((2, len(bases)), np.int64)
        for place, plan in enumerate(map(_plan, bases)):
            group = groups.setdefault(plan.shared, [])
            numbers.setdefault(plan.shared, len(numbers))
            table[:, place] = numbers[plan.shared], len(group)
            group.append(plan)
        # The table has each base's group, and its row there.
        self.bases, self.groups, self.table = bases, list(groups.values()), table

    def value(self, count: Count, group: Any, row: Any) -> Real:
        """The value of the base in a row of a group."""
        result = _value_in_group(self.groups[0], row, self._chosen(group == 0, count))
        for n, plans in enumerate(self.groups[1:], 1):
            chosen = group == n
            result = where(chosen, _value_in_group(plans, row, self._chosen(chosen, count)), result)
        return result

    def _chosen(self, chosen: Any, count: Count) -> Count:
        # Groups that are not chosen stay at 0, so that what they would give elsewhere is never computed.
        return _count.select(chosen, count, _count.start(count)) if len(self.groups) > 1 else count


def _value_in_group(plans: list[_Plan], row: Any, count: Count) -> Real:
    """The value of the base that is made of the numbers in a row."""
    columns = [_column(numbers) for numbers in zip(*(plan.numbers for plan in plans), strict=True)]
    remake = plans[0].remake
    if all(len(column) == 1 for column in columns):
        return at(bound_base(remake(column[0] for column in columns)), count)

    def value(count: Count, row: Any) -> Real:
        numbers = (column[0] if len(column) == 1 else in_row(column, row) for column in columns)
        return at(bound_base(remake(numbers)), count)

    return elementwise(value, count, row)


def _column(numbers: tuple[Any, ...]) -> tuple[Any, ...]:
    """The numbers if they differ, or else the one number."""
    return numbers[:1] if len({key(number) for number in numbers}) == 1 else numbers
