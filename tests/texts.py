"""Expressions drawn by Hypothesis: any factory, its arguments by their kinds, written in any way that Python reads."""

import inspect
from typing import Any

from hypothesis import strategies as st

from optax_decay import _shapes, _text, _values
from optax_decay._schedule import kinds as checks
from optax_decay._schedule.record import record_of

NUMBERS = st.one_of(
    st.integers(-3, 3000).map(str),
    st.sampled_from(["0.1", "1e-3", "2.5", "-0.0", ".5", "1.", "10_000", "1e-30", "-7", "5_000_000_000", "1e400"]),
    st.floats(-10, 10).map(repr),
)  # fmt: skip
POSITIVE = st.one_of(
    st.integers(1, 3000).map(str), st.sampled_from(["0.5", "1.1", "2e-5", "1_000"]), st.floats(0.001, 100).map(repr)
)
WHOLE = st.integers(1, 20).map(str)
EXPONENTS = st.sampled_from(["2", "-1", ".5", "0", "1 ** 2", "- 2"])
SPACES = st.sampled_from(["", "", " ", "  ", "\n", "\n    ", "\t", " # a comment, with ( and '\n"])


@st.composite
def calls(draw: Any, bases: st.SearchStrategy[str]) -> str:
    """A call of any factory."""
    name = draw(st.sampled_from(sorted(_text.FACTORIES)))
    factory = _text.FACTORIES[name]
    record = record_of(factory)
    kinds = {name: kind.check for name, kind in record.kinds.items()} if record else {"base": checks.base}
    given, by_name = [], False
    for parameter in inspect.signature(factory).parameters.values():
        if parameter.kind is parameter.VAR_POSITIONAL:
            timed = st.builds("({}, {})".format, bases, st.one_of(POSITIVE, st.just("0")))
            given += [*draw(st.lists(timed, max_size=3)), draw(bases)]
        elif parameter.kind is parameter.VAR_KEYWORD:
            given += [f"init_value={draw(bases)}", f"decay_steps={draw(POSITIVE)}"]
        else:
            optional = parameter.default is not parameter.empty
            by_name = by_name or parameter.kind is parameter.KEYWORD_ONLY or (optional and draw(st.booleans()))
            if not optional or draw(st.booleans()):
                value = draw(_argument(parameter.name, kinds.get(parameter.name), bases))
                given.append(f"{parameter.name}{draw(SPACES)}={value}" if by_name else value)
            by_name = by_name or optional  # what is left out by position is not followed by more
    space = draw(SPACES)
    text = f",{space}".join(given)
    return f"{name}{draw(SPACES)}({space}{text}{',' if given and draw(st.booleans()) else ''}{draw(SPACES)})"


def _argument(name: str, kind: Any, bases: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    if kind is checks.base:
        return st.one_of(bases, NUMBERS)
    if kind is checks.flag:
        return st.sampled_from(["True", "False"])
    if kind is _shapes.shape:
        return st.sampled_from(["'linear'", '"cosine"', "'one_minus_sqrt'", "rex_decay(1, 1)"])
    if kind is _values._dtype:
        return st.sampled_from(["'bfloat16'", '"float32"', "'int32'"])
    if kind is checks.factory:
        return st.sampled_from(["cosine_decay", "linear_decay", "rex_decay"])
    if kind is checks.ordered:
        return _lists(st.lists(st.integers(0, 2000), min_size=2, max_size=2, unique=True).map(sorted))
    if kind is checks.numbers:
        return _lists(st.lists(st.floats(0, 1), min_size=2, max_size=3))
    if kind in (checks.whole, checks.cycles):
        return WHOLE
    if kind is checks.number and name != "steps":
        return NUMBERS
    return POSITIVE


def _lists(entries: st.SearchStrategy[list[Any]]) -> st.SearchStrategy[str]:
    return st.one_of(entries.map(repr), entries.map(tuple).map(repr))


def _combined(bases: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    operands = st.one_of(bases, NUMBERS)
    return st.one_of(
        calls(bases),
        calls(bases),
        st.builds("{}{}{}{}{}".format, operands, SPACES, st.sampled_from("+-*/"), SPACES, operands),
        st.builds("{}{}**{}{}".format, operands, SPACES, SPACES, EXPONENTS),
        st.builds("{}{}**{}{}".format, st.sampled_from(["0.5", ".9", "1.1"]), SPACES, SPACES, bases),
        st.builds("({}{})".format, operands, SPACES),
        operands.map("- {}".format),
    )


# Valid but for what its factories refuse together, such as a minimum above its maximum.
EXPRESSIONS = st.recursive(calls(POSITIVE), _combined, max_leaves=6)
