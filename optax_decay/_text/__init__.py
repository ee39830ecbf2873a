"""Text: the schedule that an expression makes."""

from optax_decay._text.factories import FACTORIES as FACTORIES
from optax_decay._text.factories import GROUPS as GROUPS
from optax_decay._text.reading import parse as parse
from optax_decay._text.source import ParseError as ParseError
