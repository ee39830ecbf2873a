"""Evaluates an optimized program in NumPy, operation by operation: what a machine that is not there would compute.

Float32 is rounded after every operation; a machine may fuse a product into a sum, which the text does not say.
"""

import functools
import re
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

TYPES = {
    "pred": np.bool_, "s8": np.int8, "s16": np.int16, "s32": np.int32, "s64": np.int64, "u8": np.uint8,
    "u16": np.uint16, "u32": np.uint32, "u64": np.uint64, "f16": np.float16, "f32": np.float32, "f64": np.float64,
}  # fmt: skip
LINE = re.compile(
    r"\s+(?P<root>ROOT )?%?(?P<name>[\w.-]+) = (?P<type>\(.*?\)|\S+) (?P<operation>[a-z][\w-]*)\((?P<rest>.*)"
)
HEAD = re.compile(r"(?P<entry>ENTRY )?%?(?P<name>[\w.-]+) .*\{$")


def _divide(x: Any, y: Any) -> Any:
    if np.issubdtype(x.dtype, np.floating):
        return x / y
    return (np.sign(x) * np.sign(y) * (abs(x.astype(np.int64)) // np.maximum(abs(y.astype(np.int64)), 1))).astype(
        x.dtype
    )


ELEMENTWISE: dict[str, Callable[..., Any]] = {
    "add": np.add, "subtract": np.subtract, "multiply": np.multiply, "divide": _divide, "power": np.power,
    "remainder": np.fmod, "maximum": np.maximum, "minimum": np.minimum, "and": np.bitwise_and, "or": np.bitwise_or,
    "xor": np.bitwise_xor, "not": np.invert, "negate": np.negative, "abs": np.abs, "sign": np.sign, "floor": np.floor,
    "ceil": np.ceil, "round-nearest-even": np.rint, "sine": np.sin, "cosine": np.cos, "tanh": np.tanh, "sqrt": np.sqrt,
    "rsqrt": lambda x: 1 / np.sqrt(x), "exponential": np.exp, "log": np.log, "log-plus-one": np.log1p,
    "exponential-minus-one": np.expm1, "is-finite": np.isfinite, "copy": np.copy,
    "select": np.where, "clamp": lambda low, x, high: np.clip(x, low, high),
    "shift-left": lambda x, n: np.where(n < 32, x << (n & 31), 0),
    "shift-right-logical": lambda x, n: np.where(
        n < 32, (x.view(np.uint32) >> n.view(np.uint32) % 32).view(x.dtype), 0
    ),
    "shift-right-arithmetic": lambda x, n: x >> np.minimum(n, 31),
    "count-leading-zeros": lambda x: np.vectorize(lambda n: 32 - int(n).bit_length())(x.view(np.uint32)),
}  # fmt: skip
COMPARED = {
    "EQ": np.equal, "NE": np.not_equal, "LT": np.less, "LE": np.less_equal, "GT": np.greater, "GE": np.greater_equal
}  # fmt: skip


class Instruction(NamedTuple):
    name: str
    dtype: Any
    shape: tuple[int, ...]
    operation: str
    given: str
    attributes: str


class Program:
    """An optimized module, as its text says it, with all constants."""

    def __init__(self, text: str):
        self.text = text
        self.computations: dict[str, list[Instruction]] = {}
        self.roots: dict[str, str] = {}
        name = ""
        for line in text.splitlines():
            if head := HEAD.match(line):
                name = head["name"]
                self.computations[name] = []
                self.entry = name if head["entry"] else getattr(self, "entry", name)
            elif name and (found := LINE.match(line)):
                given, attributes = _split(found["rest"])
                kind = re.match(r"(\w+)\[([\d,]*)\]", found["type"])
                dtype = TYPES.get(kind[1]) if kind else None
                shape = tuple(int(n) for n in kind[2].split(",") if n) if kind else ()
                instruction = Instruction(found["name"], dtype, shape, found["operation"], given, attributes)
                self.computations[name].append(instruction)
                if found["root"]:
                    self.roots[name] = found["name"]

    def __call__(self, *arguments: Any) -> Any:
        with np.errstate(all="ignore"):
            return self._call(self.entry, [np.asarray(argument) for argument in arguments])

    def _call(self, name: str, arguments: list[Any]) -> Any:
        known: dict[str, Any] = {}
        for each in self.computations[name]:
            value = self._value(each, known, arguments)
            if each.dtype is not None and not isinstance(value, tuple):
                value = np.asarray(value).astype(each.dtype, copy=False)
                assert value.shape == each.shape, f"{each}: {value.shape}"
            known[each.name] = value
        return known[self.roots[name]]

    def _value(self, each: Instruction, known: dict[str, Any], arguments: list[Any]) -> Any:
        operation = each.operation
        if operation == "parameter":
            return arguments[int(each.given)]
        if operation == "constant":
            return _constant(each)
        given = [known[name] for name in re.findall(r"%([\w.-]+)", each.given)]
        called = [name for name in re.findall(r"(?:calls|to_apply|condition|body)=%?([\w.-]+)", each.attributes)]
        first: Any = given[0] if given else None
        if operation in ELEMENTWISE:
            return ELEMENTWISE[operation](*given)
        if operation in ("fusion", "call", "async-start"):
            return self._call(called[0], given)
        if operation == "while":
            condition, body = (
                re.search(rf"{which}=%?([\w.-]+)", each.attributes)[1] for which in ("condition", "body")
            )
            while self._call(condition, [first]):
                first = self._call(body, [first])
            return first
        if operation == "reduce":
            axes = _numbers(each.attributes, "dimensions")
            rows = np.moveaxis(first, axes, range(len(axes))).reshape(-1, *each.shape)
            return functools.reduce(
                lambda x, y: self._call(called[0], [x, y]), rows, np.broadcast_to(given[1], each.shape)
            )
        return _moved(each, given)


def _moved(each: Instruction, given: list[Any]) -> Any:
    """Operations that put values elsewhere, or read them as another type."""
    first = given[0] if given else None
    match each.operation:
        case "compare":
            return COMPARED[re.search(r"direction=(\w+)", each.attributes)[1]](*given)
        case "convert":
            if np.issubdtype(each.dtype, np.integer) and np.issubdtype(first.dtype, np.floating):
                ends = np.iinfo(each.dtype)
                return np.clip(np.nan_to_num(np.trunc(first.astype(np.float64))), ends.min, ends.max)
            return first
        case "bitcast-convert":
            return first.view(each.dtype)
        case "bitcast" | "reshape":
            return first.view(each.dtype).reshape(each.shape)
        case "broadcast":
            axes = _numbers(each.attributes, "dimensions")
            shape = [1] * len(each.shape)
            for axis, length in zip(axes, first.shape, strict=True):
                shape[axis] = length
            return np.broadcast_to(first.reshape(shape), each.shape)
        case "iota":
            (axis,) = _numbers(each.attributes, "iota_dimension") or (0,)
            shape = [-1 if n == axis else 1 for n in range(len(each.shape))]
            return np.broadcast_to(np.arange(each.shape[axis]).reshape(shape), each.shape)
        case "concatenate":
            return np.concatenate(given, axis=_numbers(each.attributes, "dimensions")[0])
        case "slice":
            bounds = re.findall(r"\[(\d+):(\d+)(?::(\d+))?\]", each.attributes)
            return first[tuple(slice(int(a), int(b), int(c or 1)) for a, b, c in bounds)]
        case "dynamic-slice":
            starts = [
                int(np.clip(n, 0, whole - part))
                for n, whole, part in zip(given[1:], first.shape, each.shape, strict=True)
            ]
            return first[tuple(slice(n, n + part) for n, part in zip(starts, each.shape, strict=True))]
        case "tuple":
            return tuple(given)
        case "get-tuple-element":
            return first[_numbers(each.attributes, "index")[0]]
        case "copy-start":
            return first, first
        case "copy-done":
            return first[0]
        case "async-done":
            return first
    raise NotImplementedError(f"{each.operation}({each.given}), {each.attributes}")


def _split(rest: str) -> tuple[str, str]:
    """What stands within the parentheses that are open, and after them."""
    depth = 1
    for n, character in enumerate(rest):
        depth += (character == "(") - (character == ")")
        if not depth:
            return rest[:n], rest[n + 1 :]
    raise ValueError(rest)


def _constant(each: Instruction) -> Any:
    values = [_number(word) for word in re.findall(r"[^\s{},]+", each.given)]
    return np.array(values, each.dtype).reshape(each.shape)


def _number(word: str) -> Any:
    if word in ("true", "false"):
        return word == "true"
    return int(word) if word.lstrip("-").isdigit() else float(word)


def _numbers(attributes: str, name: str) -> tuple[int, ...]:
    found = re.search(rf"{name}=\{{?([\d,]*)", attributes)
    return tuple(int(n) for n in found[1].split(",") if n) if found else ()
