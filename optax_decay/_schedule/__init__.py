"""What a schedule is: the kinds of arguments, the factory and its record, the expression, evaluation, arithmetic."""

from optax_decay._schedule import arithmetic as arithmetic
from optax_decay._schedule.evaluation import Curve as Curve
from optax_decay._schedule.evaluation import Schedule as Schedule
from optax_decay._schedule.evaluation import Typed as Typed
from optax_decay._schedule.evaluation import at as at
from optax_decay._schedule.evaluation import elementwise as elementwise
from optax_decay._schedule.expression import key as key
from optax_decay._schedule.factory import as_schedule as as_schedule
from optax_decay._schedule.factory import exact_schedule as exact_schedule
from optax_decay._schedule.factory import schedule as schedule
