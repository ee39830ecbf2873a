"""Text: the schedule that an expression makes."""

import ast
import inspect
import operator
import re
from collections.abc import Callable, Iterable, Mapping
from fractions import Fraction
from types import ModuleType
from typing import Any

from optax_decay import _clocks, _decays, _phases, _presets, _values
from optax_decay._schedule import Schedule, as_schedule
from optax_decay._schedule.kinds import is_plain_number
from optax_decay._schedule.record import nearest, record_of, unknown_argument

AnyFactory = Callable[..., Any]

MOST_BYTES = 1 << 16
DEEPEST = 100

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

_OPERATORS: dict[type[ast.operator], Callable[[Any, Any], Any]] = {
    ast.Add: operator.add, ast.Sub: operator.sub, ast.Mult: operator.mul, ast.Div: operator.truediv,
}  # fmt: skip

# What an expression might hold elsewhere, and no schedule needs.
_FOREIGN: dict[type[ast.AST], str] = {
    ast.Attribute: "an attribute",
    ast.Subscript: "a subscript",
    ast.Lambda: "a lambda",
    ast.JoinedStr: "an f-string",
    ast.Starred: "a star",
    ast.Pow: "a power",
    ast.Dict: "a dictionary",
    ast.Set: "a set",
    ast.IfExp: "a condition",
    ast.Compare: "a comparison",
    ast.NamedExpr: "an assignment",
    **dict.fromkeys((ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp), "a comprehension"),
}

_NUMBER = r"(?>(?:\d[\d_]*\.?[\d_]*|\.\d[\d_]*)(?:[eE][+-]?\d[\d_]*)?)"
_ESCAPE = r"""\\(?:[\\'"abfnrtv0]|x[\da-fA-F]{2}|u[\da-fA-F]{4}|U[\da-fA-F]{8})"""
# What a line is checked for before Python's parser sees it: that may warn of numbers and strings, and brackets must not
# pair with those around the text.
_TOKEN = re.compile(
    rf"""
    \#.* | [^\W\d]\w* | '(?:[^'\\]|{_ESCAPE})*' | "(?:[^"\\]|{_ESCAPE})*"
    | (?P<misread> {_NUMBER}\w+) | {_NUMBER} | (?P<quote> ['"])
    | (?P<open> [(\[{{]) | (?P<close> [)\]}}])
    """,
    re.VERBOSE,
)
# Python's parser takes none of these, in strings and comments neither.
_NO_CHARACTER = re.compile("[\0\ud800-\udfff]")


class ParseError(ValueError):
    """Text that makes no schedule: the message shows the line, the place in it and what was wrong there.

    >>> import optax_decay as od
    >>> try:
    ...     od.parse("0.5 * cosin_decay(0.1, 1000)")
    ... except od.ParseError as error:
    ...     print(error)
    line 1: no factory is named `cosin_decay`; did you mean `cosine_decay`?
        0.5 * cosin_decay(0.1, 1000)
              ^
    """


def parse(text: str | float, factories: Mapping[str, AnyFactory] | Iterable[AnyFactory] | None = None) -> Schedule:
    """The schedule that an expression makes: what `repr` writes, read back without evaluating code.

    An expression is Python's call syntax, over as many lines as it takes: this package's factories with arguments by
    position and by name, numbers, strings, lists and tuples, `None`, `True` and `False`, `+ - * /`, unary minus,
    parentheses and comments; `Fraction(1, 3)` is that ratio exactly. A number stands for a constant. Nothing else is
    read, and no name but a factory's is known: `parse(repr(schedule)) == schedule` for every schedule of such
    arguments that is not nested too deeply.

    Args:
      text: the expression, at most 64 KiB of it and nested at most 100 deep (a sum of n terms is nested n deep); or a
        number, as a YAML file's line may hold one.
      factories: further factories, made with `schedule` or any that return a callable of the count: a mapping from
        their names, or several that have a `__name__`.

    Returns:
      A schedule.

    Raises:
      ParseError: a `ValueError`, if `text` is no such expression, or a factory refuses its arguments.
      TypeError: if `text` is neither a string nor a number, or `factories` are not callable.

    >>> import optax_decay as od
    >>> od.parse("warmup(0.5 * cosine_decay(0.1, 10_000), steps=500)")
    warmup(0.5 * cosine_decay(0.1, 10000), 500)
    """
    if isinstance(text, str):
        reader = _Reader(text, FACTORIES | _named(factories))
        try:
            return reader.schedule()
        except RecursionError:
            raise reader.error("nested deeper than Python's stack has room for", 1, 0) from None
    if is_plain_number(text):
        return _decays.constant(text)
    raise TypeError(f"`text` must be a string or a number, got {text!r}.")


def _named(factories: Mapping[str, AnyFactory] | Iterable[AnyFactory] | None) -> dict[str, AnyFactory]:
    if factories is None:
        return {}
    if callable(factories) or isinstance(factories, str) or not isinstance(factories, Iterable):
        raise TypeError(f"`factories` must be a mapping from names, or several factories, got {factories!r}.")
    if isinstance(factories, Mapping):
        named = dict(factories)
    else:
        named = {getattr(factory, "__name__", repr(factory)): factory for factory in factories}
    for name, factory in named.items():
        if not callable(factory):
            raise TypeError(f"`factories` must be callable, got {factory!r} as {name}.")
    return named


class _Reader:
    """Reads one text."""

    def __init__(self, text: str, factories: dict[str, AnyFactory]):
        self.lines = re.split("\r\n|\r|\n", text)
        self.factories = factories

    def error(self, message: str, line: int, column: int) -> ParseError:
        """What was wrong, and where: a line counted from 1 and a column from 0, the end if they lie beyond."""
        written = [number for number, text in enumerate(self.lines, 1) if text.strip()]
        line, column = (max(line, 1), column) if line <= len(self.lines) else (max(written, default=1), MOST_BYTES)
        whole = self.lines[line - 1]
        column = min(max(column, 0), len(whole.rstrip()))
        begin = max(min(column - 50, len(whole) - 100), 0)
        shown = "".join(c if c.isprintable() else " " for c in whole[begin : begin + 100])
        message = message if len(message) < 400 else f"{message[:300]} ... {message[-60:]}"
        stop = "" if message.endswith((".", "?")) else "."
        return ParseError(f"line {line}: {message}{stop}\n    {shown}\n    {' ' * (column - begin)}^")

    def error_at(self, node: Any, message: str) -> ParseError:
        line = node.lineno - 1
        # Python counts columns in bytes.
        before = self.lines[line - 1].encode()[: node.col_offset] if 0 < line <= len(self.lines) else b""
        return self.error(message, line, len(before.decode(errors="ignore")))

    def schedule(self) -> Schedule:
        tree = self.tree()
        value = self.value(tree, 0)
        if not isinstance(value, Schedule) and not is_plain_number(value):
            raise self.error_at(tree, f"a {type(value).__name__} is no schedule")
        return value if isinstance(value, Schedule) else self.attempt(tree, {}, _decays.constant, value)

    def tree(self) -> ast.expr:
        """The text as Python's own parser has it."""
        self.check()
        try:
            # In parentheses an expression may begin and go on wherever it likes.
            tree = ast.parse("\n".join(["(", *self.lines, ")"]), mode="eval").body
        except SyntaxError as error:
            raise self.error(error.msg, (error.lineno or 1) - 1, (error.offset or 1) - 1) from None
        except (RecursionError, MemoryError, SystemError):
            raise self.error(f"nested deeper than {DEEPEST}", 1, 0) from None
        if isinstance(tree, ast.Tuple) and tree.lineno == 1 and not tree.elts:
            raise self.error("there is nothing to read", 1, 0)
        return tree

    def check(self) -> None:
        """Refuses what Python's parser might not bear, or might warn of."""
        size = sum(len(line.encode(errors="surrogatepass")) + 1 for line in self.lines) - 1
        if size > MOST_BYTES:
            raise self.error(f"the text must not exceed {MOST_BYTES} bytes, got {size}", 1, 0)
        opened: list[tuple[str, int, int]] = []
        for number, line in enumerate(self.lines, 1):
            if found := _NO_CHARACTER.search(line):
                raise self.error(f"{found[0]!a} is not read", number, found.start())
            for token in _TOKEN.finditer(line):
                place = number, token.start()
                if token["misread"]:
                    raise self.error(f"{token[0]!a} is not read", *place)
                if token["quote"]:
                    raise self.error("a string does not end on its line, or holds an invalid escape", *place)
                if token["open"]:
                    opened.append((token[0], *place))
                    if len(opened) > DEEPEST:
                        raise self.error(f"nested deeper than {DEEPEST}", *place)
                if token["close"]:
                    if not opened:
                        raise self.error(f"`{token[0]}` closes nothing", *place)
                    opened.pop()
        if opened:
            bracket, *last = opened[-1]
            raise self.error(f"`{bracket}` is never closed", *last)

    def value(self, node: ast.expr, depth: int) -> Any:
        if depth > DEEPEST:
            raise self.error_at(node, f"nested deeper than {DEEPEST}")
        match node:
            case ast.Constant(value=bool() | int() | float() | str() | None as value):
                return value
            case ast.Name():
                factory = self.factory(node)
                if depth and record_of(factory):
                    return factory
                raise self.error_at(node, f"`{node.id}` makes a schedule only when it is called")
            case ast.Tuple() | ast.List():
                return tuple(self.value(entry, depth + 1) for entry in node.elts)
            case ast.UnaryOp(op=ast.USub()):
                return -self.operand(node.operand, depth + 1)
            case ast.BinOp(op=ast.Add() | ast.Sub() | ast.Mult() | ast.Div()):
                left, right = self.operand(node.left, depth + 1), self.operand(node.right, depth + 1)
                return self.attempt(node.right, {}, _OPERATORS[type(node.op)], left, right)
            case ast.Call(func=ast.Name(id="Fraction")) if "Fraction" not in self.factories:
                return self.fraction(node, depth)
            case ast.Call(func=ast.Name() as name):
                return self.call(node, name.id, self.factory(name), depth)
            case ast.Call(func=ast.Attribute(attr=name)) if name in self.factories:
                raise self.error_at(node, f"a factory is called by its own name: `{name}(...)`")
            case ast.Call():
                raise self.error_at(node, "only a factory's name is called")
            case ast.BinOp() | ast.UnaryOp():
                raise self.error_at(node, f"{_FOREIGN.get(type(node.op), 'this operator')} is not read")
            case ast.Constant():
                raise self.error_at(node, f"{node.value!r} is not read")
            case _:
                raise self.error_at(node, f"{_FOREIGN.get(type(node), 'this')} is not read")

    def fraction(self, node: ast.Call, depth: int) -> Fraction:
        parts = [self.value(entry, depth + 1) for entry in node.args]
        if node.keywords or not all(type(part) is int for part in parts):
            raise self.error_at(node, "a fraction is a ratio of two whole numbers, such as `Fraction(1, 3)`")
        return self.attempt(node, {}, Fraction, *parts)

    def operand(self, node: ast.expr, depth: int) -> Any:
        value = self.value(node, depth)
        if isinstance(value, Schedule) or is_plain_number(value):
            return value
        raise self.error_at(node, "only numbers and schedules are computed with")

    def factory(self, node: ast.Name) -> AnyFactory:
        if node.id in self.factories:
            return self.factories[node.id]
        raise self.error_at(node, f"no factory is named `{node.id}`{nearest(node.id, self.factories)}")

    def call(self, node: ast.Call, called: str, factory: AnyFactory, depth: int) -> Schedule:
        arguments = [self.value(entry, depth + 1) for entry in node.args]
        names, extensible = _parameters(factory, arguments)
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
        """The function's value; what it refuses is shown at the argument that it names."""
        try:
            return function(*args, **kwargs)
        except Exception as error:  # whatever a factory of one's own raises, or a warning that is an error
            message = str(error) or type(error).__name__
            named = re.match(r"`(\w+)", message)
            raise self.error_at(places.get(named[1], node) if named else node, message) from None


def _parameters(factory: AnyFactory, arguments: list[Any]) -> tuple[list[str], bool]:
    """The names of a factory's arguments, for `scheduled` those of its factory too, and whether it takes any others."""
    try:
        parameters = inspect.signature(factory).parameters.values()
    except ValueError:  # a builtin
        return [], True
    names = [p.name for p in parameters if p.kind is not p.VAR_KEYWORD]
    if factory is _values.scheduled and arguments and record_of(arguments[0]):
        more, extensible = _parameters(arguments[0], [])
        return names + more, extensible
    return names, len(names) < len(parameters)
