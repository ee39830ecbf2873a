"""What to write instead of an argument that a factory does not have."""

import difflib
from collections.abc import Collection, Iterable

_Lines = tuple[tuple[tuple[str, ...], str], ...]

# For an end, whether it is given as a value or as a share.
_OTHER_ENDS: _Lines = (
    (("final_div_factor",), "its end is peak_value / (div_factor * final_div_factor)"),
    (("boundaries",), "its end is the last of `values`"),
    (("step_size",), "it goes on between `min_value` and `max_value`"),
    (("phases",), "its end is the last schedule"),
    ((), "`clip(..., min_value=...)` bounds a schedule that has no end"),
)
# Arguments that factories have in other libraries, and what does the same for a factory with certain arguments: the
# first line whose arguments it has all of. A line without arguments is for every factory.
_ELSEWHERE: dict[str, _Lines] = {
    "end_value": (
        (("beta",), "its end is `beta`, a share of `init_value`, with the default `num_periods`"),
        (("alpha",), "its end is `alpha`, a share of `init_value`"),
        (("baseline",), "give it to the base, as `alpha` or `end_value`"),
        (("base",), "give it to the base, or `cooldown(base, begin, steps, end_value=...)` ends any base"),
        *_OTHER_ENDS,
    ),
    "alpha": (
        (("init_value", "end_value"), "its end is `end_value`, a value and no share of `init_value`"),
        (("end_value",), "its end is `end_value`, a value and no share of another"),
        (("base",), "give it to the base, as in `cosine_decay(0.1, 1000, alpha=0.1)`"),
        *_OTHER_ENDS,
    ),
    "warmup_steps": (
        (("rise_fraction",), "its way up is `rise_fraction`, a share of `total_steps`"),
        (("base", "shape", "init_value"), "it is `steps` here"),
        ((), "`warmup(base, steps)` warms any base up"),
    ),
    "total_steps": (
        (("decay_rate",), "it has no end, and `cooldown(base, begin, steps)` gives it one"),
        (("base", "decay_steps"), "`decay_steps` are those of its first cycle"),
        (("boundaries",), "it ends at the last of `boundaries`"),
        (("decay_steps",), "it is `decay_steps` here"),
        (("first_decay_steps",), "`first_decay_steps` are those of its first cycle"),
        (("cycle_steps",), "`cycle_steps` are those of its first cycle"),
        (("step_size",), "`step_size` are the steps up, and as many go down"),
        (("fall_steps",), "`fall_steps` are the steps down in its first cycle"),
        (("begin", "steps"), "it ends at `begin` + `steps`"),
        (("phases",), "each phase but the last has its own steps"),
        ((), "`cooldown(base, begin, steps)` ends any base"),
    ),
    "transition_steps": (
        (("decay_steps",), "it is `decay_steps` here"),
        (("total_steps",), "it is `total_steps` here"),
    ),
    "decay_steps": ((("total_steps",), "it is `total_steps` here, with the way up"),),
    "staircase": (((), "`staircase(base, steps)` makes stairs of any base"),),
    "cycle": (((), "`expanding_cycle(base, decay_steps)` is TensorFlow's cycle for any base"),),
    "exponent": (((), "a power of a schedule is `schedule ** exponent`"),),
    "transition_begin": (((), "`delay(base, steps)` starts any base later"),),
    "global_step": (((), "call the schedule with the count"),),
}


def nearest(name: str, known: Iterable[str]) -> str:
    """What a misspelt name may have meant, for the end of a message."""
    near = difflib.get_close_matches(name, list(known), 1)
    return f"; did you mean `{near[0]}`?" if near else ""


def unknown_argument(factory: str, name: str, known: Collection[str]) -> str:
    """The message for an argument that a factory does not have."""
    text = f"`{factory}` has no argument `{name}`"
    for names, advice in _ELSEWHERE.get(name, ()):
        if all(other in known for other in names):
            return f"{text}: {advice}."
    return text + (nearest(name, known) or f", it has {', '.join(known)}.")
