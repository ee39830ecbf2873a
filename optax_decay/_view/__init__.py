"""Sight: the values of a schedule as one array, and its picture on axes, in a notebook and in a terminal."""

from optax_decay._view.axes import drawn_to_file as drawn_to_file
from optax_decay._view.axes import plot as plot
from optax_decay._view.notebook import as_html as as_html
from optax_decay._view.terminal import drawing as drawing
from optax_decay._view.terminal import numbered as numbered
from optax_decay._view.values import MOST_STEPS as MOST_STEPS
from optax_decay._view.values import are_whole as are_whole
from optax_decay._view.values import counts_shown as counts_shown
from optax_decay._view.values import edges_within as edges_within
from optax_decay._view.values import looked_at as looked_at
from optax_decay._view.values import places_of_extremes as places_of_extremes
from optax_decay._view.values import sample as sample
