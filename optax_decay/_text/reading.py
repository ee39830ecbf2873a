"""The schedule that an expression makes."""

import ast
import math
import operator
import re
from collections.abc import Callable, Iterable, Mapping
from fractions import Fraction
from typing import Any

from optax_decay import _decays
from optax_decay._arithmetic import PlainNumber
from optax_decay._schedule import Schedule, as_schedule
from optax_decay._schedule.advice import nearest, unknown_argument
from optax_decay._schedule.kinds import is_plain_number
from optax_decay._schedule.record import record_of
from optax_decay._text.factories import FACTORIES, AnyFactory, factories_by_name, numbers_by_name, parameters_of
from optax_decay._text.source import DEEPEST, Source

MOST_BITS = 1 << 10

# Parts of other Python expressions, which no schedule needs.
_FOREIGN: dict[type[ast.AST], str] = {
    ast.Attribute: "an attribute",
    ast.Subscript: "a subscript",
    ast.Lambda: "a lambda",
    ast.JoinedStr: "an f-string",
    ast.Starred: "a star",
    ast.Dict: "a dictionary",
    ast.Set: "a set",
    ast.IfExp: "a condition",
    ast.Compare: "a comparison",
    ast.NamedExpr: "an assignment",
    **dict.fromkeys((ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp), "a comprehension"),
}

_NO_OPERATOR: dict[type[ast.operator], str] = {
    ast.FloorDiv: "`//` is not read: write `/`, a length may be a fraction",
    ast.Mod: "`%` is not read: write `/`, a length may be a fraction and need not be rounded",
}


def _bounded_power(base: Any, exponent: Any) -> Any:
    """base ** exponent. No exponent of exact numbers may cost much time or memory."""
    if isinstance(base, int) and isinstance(exponent, int) and exponent < 0:
        base = float(base)  # as in Python
    if not any(isinstance(side, (float, Schedule)) for side in (base, exponent)):
        size = _larger_side(base)
        if size > 1 and abs(exponent) > MOST_BITS / math.log2(size):
            raise ValueError(_TOO_LARGE)
    return base**exponent


_OPERATORS: dict[type[ast.operator], Callable[[Any, Any], Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.Pow: _bounded_power,
}

_TOO_LARGE = f"no whole number, and neither side of a fraction, may exceed 2**{MOST_BITS}"


def _larger_side(number: int | Fraction) -> int:
    return max(abs(number.numerator), number.denominator)


def _result(operation: Callable[[Any, Any], Any], left: Any, right: Any) -> Any:
    """The result for two operands, refused beyond the largest float."""
    try:
        result = operation(left, right)
    except OverflowError:
        raise ValueError("the result is beyond the largest float") from None
    if isinstance(result, complex):
        raise ValueError("no such power of a negative number is real")
    if isinstance(result, (int, Fraction)) and _larger_side(result) > 1 << MOST_BITS:
        raise ValueError(_TOO_LARGE)
    return result


def parse(
    text: str | float | Schedule,
    factories: Mapping[str, AnyFactory] | Iterable[AnyFactory] = (),
    *,
    values: Mapping[str, PlainNumber] | None = None,
) -> Schedule:
    """Makes the schedule of an expression, such as `repr` writes, without evaluating code.

    An expression has Python's call syntax and may take several lines. It holds this package's factories with arguments
    by position and by name, numbers, strings, lists and tuples, `None`, `True` and `False`, `+ - * / **`, unary minus,
    parentheses and comments. `Fraction(1, 3)` is that ratio exactly. A number stands for a constant. Nothing else is
    read, and only the names of factories and of `values` are known. `parse(repr(schedule)) == schedule` holds for every
    schedule of such arguments, if its expression is no longer and no deeper than `text` may be. Results in whole
    numbers or fractions may not exceed 2**1024 in numerator or denominator.

    Args:
      text: an expression of at most 64 KiB, nested at most 100 deep (a sum of n terms is nested n deep); or a number,
        as a line of a YAML file may hold; or a schedule, which is returned as it is.
      factories: further factories, made with `schedule`, or other functions that return a callable of the count. Give a
        mapping from names, or several that have a `__name__`.
      values: numbers by name, for what is known only when the text is read, such as the steps of the run. The schedule
        holds the plain numbers.

    Returns:
      A schedule.

    Raises:
      ParseError: a `ValueError`, if `text` is no such expression, or a factory refuses its arguments.
      ValueError: if a number is not finite, or its name is a factory's or no Python name.
      TypeError: if `text` is none of these, a factory is not callable, or a value is no plain number.

    >>> import optax_decay as od
    >>> od.parse("warmup(0.5 * cosine_decay(0.1, 10_000), steps=500)")
    warmup(0.5 * cosine_decay(0.1, 10000), 500)
    >>> od.parse("cosine_decay(0.5 / 1000 ** 0.5, total - 500)", values={"total": 10_000})
    cosine_decay(0.015811388300841896, 9500)
    """
    known = FACTORIES | factories_by_name(factories)
    numbers = numbers_by_name(values, known)
    if isinstance(text, str):
        reader = _Reader(text, known, numbers)
        try:
            return reader.schedule()
        except RecursionError:
            raise reader.error("nested deeper than Python's stack has room for", 1, 0) from None
    if is_plain_number(text):
        return _decays.constant(text)
    if isinstance(text, Schedule):
        return text
    raise TypeError(f"`text` must be a string, a number or a schedule, got {text!r}.")


class _Reader(Source):
    """Reads one text, with the meanings of the names in it."""

    def __init__(self, text: str, factories: Mapping[str, AnyFactory], numbers: Mapping[str, Any]):
        super().__init__(text)
        self.factories, self.numbers = factories, numbers

    def schedule(self) -> Schedule:
        tree = self.tree()
        value = self.value(tree, 0)
        if not isinstance(value, Schedule) and not is_plain_number(value):
            raise self.error_at(tree, f"a {type(value).__name__} is no schedule")
        return value if isinstance(value, Schedule) else self.attempt(tree, {}, _decays.constant, value)

    def value(self, node: ast.expr, depth: int) -> Any:
        if depth > DEEPEST:
            raise self.error_at(node, f"nested deeper than {DEEPEST}")
        match node:
            case ast.Constant(value=bool() | int() | float() | str() | None as value):
                return value
            case ast.Name():
                return self.named(node, depth)
            case ast.Tuple() | ast.List():
                return tuple(self.value(entry, depth + 1) for entry in node.elts)
            case ast.UnaryOp(op=ast.USub()):
                return -self.operand(node.operand, depth + 1)
            case ast.BinOp(op=op) if operation := _OPERATORS.get(type(op)):
                left, right = self.operand(node.left, depth + 1), self.operand(node.right, depth + 1)
                return self.attempt(node.right, {}, _result, operation, left, right)
            case ast.Call(func=ast.Name(id="Fraction")) if "Fraction" not in self.factories:
                return self.fraction(node, depth)
            case ast.Call(func=ast.Name() as name):
                return self.call(node, name.id, self.factory(name), depth)
            case ast.Call(func=ast.Attribute(attr=name)) if name in self.factories:
                raise self.error_at(node, f"a factory is called by its own name: `{name}(...)`")
            case ast.Call():
                raise self.error_at(node, "only factories can be called")
            case ast.BinOp(op=op) if type(op) in _NO_OPERATOR:
                raise self.error_at(node, _NO_OPERATOR[type(op)])
            case ast.BinOp() | ast.UnaryOp():
                raise self.error_at(node, "this operator is not read")
            case ast.Constant():
                raise self.error_at(node, f"{node.value!r} is not read")
            case _:
                raise self.error_at(node, f"{_FOREIGN.get(type(node), 'this')} is not read")

    def named(self, node: ast.Name, depth: int) -> Any:
        """The meaning of a name that is not called: a number, or the factory that another one takes."""
        if node.id in self.numbers:
            return self.numbers[node.id]
        factory = self.factories.get(node.id)
        if factory is None:
            near = nearest(node.id, [*self.numbers, *self.factories])
            given = "Give a number with `values=` or `--set`"
            raise self.error_at(node, f"no factory is named `{node.id}`, and no number{near or '.'} {given}")
        if depth and record_of(factory):
            return factory
        raise self.error_at(node, f"`{node.id}` makes a schedule only when it is called")

    def fraction(self, node: ast.Call, depth: int) -> Fraction:
        parts = [self.value(entry, depth + 1) for entry in node.args]
        if node.keywords or not all(type(part) is int for part in parts):
            raise self.error_at(node, "a fraction is a ratio of two whole numbers, such as `Fraction(1, 3)`")
        return self.attempt(node, {}, Fraction, *parts)

    def operand(self, node: ast.expr, depth: int) -> Any:
        value = self.value(node, depth)
        if isinstance(value, Schedule) or is_plain_number(value):
            return value
        raise self.error_at(node, "arithmetic takes only numbers and schedules")

    def factory(self, node: ast.Name) -> AnyFactory:
        if node.id in self.factories:
            return self.factories[node.id]
        if node.id in self.numbers:
            raise self.error_at(node, f"`{node.id}` is a number, and only factories can be called")
        near = nearest(node.id, self.factories) or "."
        own = "Give one of your own with `factories=` or `--factories`"
        raise self.error_at(node, f"no factory is named `{node.id}`{near} {own}")

    def call(self, node: ast.Call, called: str, factory: AnyFactory, depth: int) -> Schedule:
        arguments = [self.value(entry, depth + 1) for entry in node.args]
        names, extensible = parameters_of(factory, arguments)
        places = dict(zip(names, node.args, strict=False))
        named: dict[str, Any] = {}
        for keyword in node.keywords:
            name = keyword.arg
            if name is None:
                raise self.error_at(keyword, "a star is not read")
            if name in named:
                raise self.error_at(keyword, f"`{name}` is given twice")
            if name not in names and not extensible:
                raise self.error_at(keyword, unknown_argument(called, name, names))
            named[name], places[name] = self.value(keyword.value, depth + 1), keyword.value
        made = self.attempt(node, places, factory, *arguments, **named)
        return self.attempt(node, {}, as_schedule, made)

    def attempt(
        self, node: ast.expr, places: dict[str, ast.expr], function: AnyFactory, /, *args: Any, **kwargs: Any
    ) -> Any:
        """The function's value. Its error is shown at the argument that the error names."""
        try:
            return function(*args, **kwargs)
        except Exception as error:  # a user's factory may raise anything, and a warning may be an error
            message = str(error) or type(error).__name__
            named = re.match(r"`(\w+)", message)
            raise self.error_at(places.get(named[1], node) if named else node, message) from None
