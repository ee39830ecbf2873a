"""Reads a text with Python's own parser, after it has refused what could harm that parser."""

import ast
import re
from typing import Any

MOST_BYTES = 1 << 16
DEEPEST = 100

_NUMBER = r"(?>(?:\d[\d_]*\.?[\d_]*|\.\d[\d_]*)(?:[eE][+-]?\d[\d_]*)?)"
_ESCAPE = r"""\\(?:[\\'"abfnrtv0]|x[\da-fA-F]{2}|u[\da-fA-F]{4}|U[\da-fA-F]{8})"""
# Each line is checked before Python's parser sees it. The parser may warn of numbers and strings, and brackets must not
# pair with those around the text.
_TOKEN = re.compile(
    rf"""
    \#.* | [^\W\d]\w* | '(?:[^'\\]|{_ESCAPE})*' | "(?:[^"\\]|{_ESCAPE})*"
    | (?P<padded> 0[\d_]+(?![\w.])) | (?P<misread> {_NUMBER}\w+) | {_NUMBER} | (?P<quote> ['"])
    | (?P<open> [(\[{{]) | (?P<close> [)\]}}])
    """,
    re.VERBOSE,
)
# Python's parser takes none of these, not even in strings and comments.
_NO_CHARACTER = re.compile("[\0\ud800-\udfff]")


class ParseError(ValueError):
    """Raised for a text that makes no schedule. The message shows the line, the place in it and what was wrong there.

    >>> import optax_decay as od
    >>> try:
    ...     od.parse("0.5 * cosine_decay(0.1, decay_step=1000)")
    ... except od.ParseError as error:
    ...     print(error)
    line 1: `cosine_decay` has no argument `decay_step`; did you mean `decay_steps`?
        0.5 * cosine_decay(0.1, decay_step=1000)
                                ^
    """


class Source:
    """A text, and where in it something is wrong."""

    def __init__(self, text: str):
        self.lines = re.split("\r\n|\r|\n", text)

    def error(self, message: str, line: int, column: int) -> ParseError:
        """An error with its place. Lines count from 1, columns from 0, and a place beyond the text is its end."""
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

    def tree(self) -> ast.expr:
        """The tree that Python's own parser makes of the text."""
        self.check()
        try:
            # In parentheses an expression may be indented and broken into lines anywhere.
            tree = ast.parse("\n".join(["(", *self.lines, ")"]), mode="eval").body
        except SyntaxError as error:
            raise self.error(error.msg, (error.lineno or 1) - 1, (error.offset or 1) - 1) from None
        except (RecursionError, MemoryError, SystemError):
            raise self.error(f"nested deeper than {DEEPEST}", 1, 0) from None
        if isinstance(tree, ast.Tuple) and tree.lineno == 1 and not tree.elts:
            raise self.error("there is nothing to read", 1, 0)
        return tree

    def check(self) -> None:
        """Refuses what Python's parser might fail on or warn of."""
        size = sum(len(line.encode(errors="surrogatepass")) + 1 for line in self.lines) - 1
        if size > MOST_BYTES:
            raise self.error(f"the text must not exceed {MOST_BYTES} bytes, got {size}", 1, 0)
        opened: list[tuple[str, int, int]] = []
        for number, line in enumerate(self.lines, 1):
            if found := _NO_CHARACTER.search(line):
                raise self.error(f"{found[0]!a} is not read", number, found.start())
            for token in _TOKEN.finditer(line):
                place = number, token.start()
                if token["padded"]:  # Python takes the zeros of 10,000 for a number of their own
                    raise self.error(
                        f"{token[0]!a} is not read: a comma ends a number, so write 10_000 or 10000 for 10,000", *place
                    )
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
