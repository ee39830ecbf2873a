"""Methods that notebooks and configuration systems look for."""

from collections.abc import Callable
from typing import Any, Self

# "html" shows a schedule and "text" reads one. Both are built on schedules, so the package puts them here.
ANSWERS: dict[str, Callable[..., Any]] = {}


class Protocols:
    """The methods that others look for."""

    __slots__ = ()

    def _repr_html_(self) -> str | None:
        """For IPython: the expression and its curve."""
        return ANSWERS["html"](self)

    @classmethod
    def __chz_cast__(cls, text: str) -> Self:
        """For chz: a schedule from a command line."""
        return ANSWERS["text"](text)

    @classmethod
    def __get_pydantic_core_schema__(cls, *_: Any) -> Any:
        """For pydantic: a schedule, or the text or number that makes one. In JSON it is its expression."""
        from pydantic_core import core_schema  # pyright: ignore[reportMissingImports]

        def read(value: Any) -> Any:
            try:
                return value if isinstance(value, cls) else ANSWERS["text"](value)
            except TypeError as error:  # pydantic reports only errors of values
                raise ValueError(str(error)) from None

        text = core_schema.str_schema()
        written = core_schema.plain_serializer_function_ser_schema(repr, return_schema=text, when_used="json")
        return core_schema.no_info_plain_validator_function(read, json_schema_input_schema=text, serialization=written)
