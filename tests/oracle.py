"""The definitions of every schedule, in exact rational arithmetic: what the tests compare the package with.

Written from the definitions alone, independently of the package: it shares no code and no method with it. Each factory
has the package's name and arguments and returns a plain function from a count (an int, a Fraction, a float that means
its own binary value) to a Fraction. What is rational is exact; roots, powers, exp and cos are right to 60 digits,
so that no sum below can cancel enough to matter: `float(value)` is the float64 value of the definition. A value
beyond every float is `math.inf`, one below every float 0.

A float given as a hyperparameter means the decimal that it prints as, if it is a value; if it is measured in steps, the
simplest fraction within two units in its last place.
"""

import math
from collections.abc import Callable, Iterator
from decimal import Context, Decimal, DivisionByZero, InvalidOperation
from fractions import Fraction
from functools import lru_cache, wraps
from inspect import signature
from typing import Any

Value = Any  # a Fraction; a float where it is infinite or a foreign base gave one
Function = Callable[[Any], Value]


def exact(x: Any) -> Any:
    """A hyperparameter as it is meant: numbers as Fractions, floats as the decimals that they print as."""
    if isinstance(x, float):
        return Fraction(str(float(x)))
    if isinstance(x, int) and not isinstance(x, bool):
        return Fraction(x)
    return tuple(map(exact, x)) if isinstance(x, (list, tuple)) else x


def measured(x: Any) -> Any:
    """A hyperparameter in steps: a float is the simplest fraction within two units in its last place."""
    if not isinstance(x, float) or x.is_integer():
        return tuple(map(measured, x)) if isinstance(x, (list, tuple)) else exact(x)
    own, error = Fraction(x), 2 * Fraction(math.ulp(x))
    too_small, enough = 0, own.denominator
    while enough - too_small > 1:
        middle = (too_small + enough) // 2
        if abs(own.limit_denominator(middle) - own) <= error:
            enough = middle
        else:
            too_small = middle
    return own.limit_denominator(enough)


# The names of arguments in steps; `noam` has a factor that is a value.
_MEASURED = {
    *("decay_steps", "timescale", "boundaries", "cycle_steps", "fall_steps", "rise_steps", "t_mul", "steps", "amount"),
    *("begin", "first_decay_steps", "step_size", "total_steps", "rise_fraction", "warmup_steps", "cooldown_steps"),
}


def _read(factory: str, name: str, x: Any) -> Any:
    if name == "phases":
        return tuple((phase[0], measured(phase[1])) if isinstance(phase, tuple) else phase for phase in x)
    return measured(x) if name in _MEASURED or (factory, name) == ("stretch", "factor") else exact(x)


def schedule(build: Callable[..., Function]) -> Callable[..., Function]:
    """A factory that reads its arguments as they are meant; its schedules hold their values before 0.

    Held is the number of updates, the count that a schedule is called with. What a clock makes of it for its base is no
    number of updates: see `at`.
    """

    @wraps(build)
    def factory(*args: Any, **kwargs: Any) -> Function:
        given = signature(build).bind(*args, **kwargs)
        given.apply_defaults()
        for name, x in given.arguments.items():
            given.arguments[name] = _read(build.__name__, name, x)
        value = build(*given.args, **given.kwargs)

        if hasattr(value, "definition"):
            return value

        def held(t: Any) -> Value:
            if not isinstance(t, (int, float, Fraction)):
                raise TypeError(f"The oracle takes exact counts, got {t!r}.")
            return value(max(Fraction(t), Fraction(0)))

        held.definition = value
        return held

    return factory


def at(base: Any, t: Any) -> Value:
    """The value of a base, which may be a number, at the count that a clock gives it."""
    return getattr(base, "definition", base)(t) if callable(base) else base


# Functions of rational numbers that are not rational themselves.

_DIGITS = Context(prec=70, Emin=-(10**6), Emax=10**6, traps=[InvalidOperation, DivisionByZero])
_PI = Decimal("3.14159265358979323846264338327950288419716939937510582097494459230781640628620899")


def _decimal(x: Fraction) -> Decimal:
    return _DIGITS.divide(Decimal(x.numerator), Decimal(x.denominator))


def _fraction(x: Decimal) -> Value:
    if x.is_infinite() or x.adjusted() > 2000:
        return math.inf
    # Far below the smallest float, and an exact power of ten as large as that would take for ever.
    return Fraction(0) if x.adjusted() < -2000 else Fraction(x)


def exp(x: Fraction) -> Value:
    return _fraction(_DIGITS.exp(_decimal(x)))


def sqrt(x: Fraction) -> Fraction:
    return _fraction(_DIGITS.sqrt(_decimal(x)))


def raised(x: Fraction, y: Fraction) -> Value:
    """x**y for x >= 0, where 0**0 = 1."""
    if y in range(9):
        return x ** int(y)
    return Fraction(0) if x == 0 < y else _fraction(_DIGITS.power(_decimal(x), _decimal(y)))


def sin_pi(x: Fraction) -> Fraction:
    """sin(pi x) for 0 <= x <= 1/4, as precise next to 0 as anywhere."""
    angle = _DIGITS.multiply(_PI, _decimal(x))
    # Decimal's own operators would round to 28 digits.
    minus_square = _DIGITS.minus(_DIGITS.multiply(angle, angle))
    term, total, n = angle, Decimal(0), 1
    while term and term.adjusted() > angle.adjusted() - _DIGITS.prec:
        total = _DIGITS.add(total, term)
        n += 2
        term = _DIGITS.divide(_DIGITS.multiply(term, minus_square), Decimal(n * (n - 1)))
    return _fraction(total)


def cos_pi(x: Fraction) -> Fraction:
    """cos(pi x): whole turns go exactly, and the rest is a sine of at most a quarter of pi."""
    x = abs(x) % 2
    x = min(x, 2 - x)
    if x > Fraction(1, 2):
        return -cos_pi(1 - x)
    return sin_pi(Fraction(1, 2) - x) if x > Fraction(1, 4) else 1 - 2 * sin_pi(x / 2) ** 2


# Stages and cycles.


def stage(t: Any, decay_steps: Any) -> int:
    """floor(t / decay_steps)."""
    return math.floor(Fraction(t) / exact(decay_steps))


@lru_cache(maxsize=4096)
def _beginning(index: int, cycle_steps: Fraction, t_mul: Fraction) -> Fraction:
    """cycle_steps (1 + t_mul + ... + t_mul**(index - 1))."""
    return cycle_steps * (index if t_mul == 1 else (t_mul**index - 1) / (t_mul - 1))


def beginnings(cycle_steps: Any, t_mul: Any = 1) -> Iterator[Fraction]:
    """B_0 = 0, B_1, B_2, ...: where the cycles begin, without end."""
    begin, length = Fraction(0), exact(cycle_steps)
    while True:
        yield begin
        begin, length = begin + length, length * exact(t_mul)


def cycle_index(t: Any, cycle_steps: Any, t_mul: Any = 1) -> int | None:
    """The i with B_i <= t < B_(i+1); None where infinitely many ever shorter cycles (t_mul < 1) are over by t."""
    t, cycle_steps, t_mul = Fraction(t), exact(cycle_steps), exact(t_mul)
    if t_mul == 1:
        return stage(t, cycle_steps)
    # B_i <= t says t_mul**i <= grown for t_mul > 1, and >= for t_mul < 1.
    grown = 1 + t * (t_mul - 1) / cycle_steps
    if grown <= 0:
        return None
    # An estimate in floats, set right by the exact beginnings.
    index = int((math.log1p(grown - 1) if grown > 0.5 else math.log(grown)) / math.log1p(t_mul - 1))
    while _beginning(index, cycle_steps, t_mul) > t:
        index -= 1
    while _beginning(index + 1, cycle_steps, t_mul) <= t:
        index += 1
    return index


def cycle(
    t: Fraction, cycle_steps: Fraction, t_mul: Fraction, cycles: Any, stretch: bool = True
) -> tuple[int, Fraction]:
    """Which cycle t is in, and how far in it, in steps of the first to `stretch`; after `cycles`, at the last's end."""
    index = cycle_index(t, cycle_steps, t_mul)
    if index is None or (cycles is not None and index >= cycles):
        index, local = int(cycles) - 1, cycle_steps * t_mul ** (int(cycles) - 1)
    else:
        local = t - _beginning(index, cycle_steps, t_mul)
    return index, local / t_mul**index if stretch else local


# Decays.


@schedule
def constant(value):
    return lambda t: value


@schedule
def exponential_decay(init_value, decay_steps, decay_rate, *, staircase=False):
    return lambda t: init_value * raised(decay_rate, _progress(t, decay_steps, staircase))


@schedule
def natural_exp_decay(init_value, decay_steps, decay_rate, *, staircase=False):
    return lambda t: init_value * exp(-decay_rate * _progress(t, decay_steps, staircase))


@schedule
def inverse_time_decay(init_value, decay_steps, decay_rate, *, staircase=False):
    return lambda t: init_value / (1 + decay_rate * _progress(t, decay_steps, staircase))


def _progress(t, decay_steps, staircase):
    return Fraction(stage(t, decay_steps)) if staircase else t / decay_steps


def _share(t, decay_steps):
    """p = min(t / decay_steps, 1)."""
    return min(t / decay_steps, Fraction(1))


@schedule
def polynomial_decay(init_value, decay_steps, end_value=1e-4, power=1.0, *, cycle=False):
    def value(t):
        return (init_value - end_value) * raised(1 - _share(t, decay_steps), power) + end_value

    return expanding_cycle(value, decay_steps) if cycle else value


@schedule
def linear_decay(init_value, decay_steps, end_value=0.0):
    return polynomial_decay(init_value, decay_steps, end_value, 1)


@schedule
def piecewise_constant(boundaries, values):
    return lambda t: values[sum(b < t for b in boundaries)]


@schedule
def piecewise_linear(boundaries, values):
    def value(t):
        after = sum(b <= t for b in boundaries)
        if after in (0, len(boundaries)):
            return values[min(after, len(boundaries) - 1)]
        (b0, b1), (v0, v1) = boundaries[after - 1 : after + 1], values[after - 1 : after + 1]
        return v0 + (v1 - v0) * (t - b0) / (b1 - b0)

    return value


@schedule
def cosine_decay(init_value, decay_steps, alpha=0.0):
    return lambda t: init_value * ((1 - alpha) * (1 + cos_pi(_share(t, decay_steps))) / 2 + alpha)


@schedule
def linear_cosine_decay(init_value, decay_steps, *, num_periods=0.5, alpha=0.0, beta=0.001):
    def value(t):
        p = _share(t, decay_steps)
        return init_value * ((alpha + 1 - p) * (1 + cos_pi(2 * num_periods * p)) / 2 + beta)

    return value


@schedule
def inverse_sqrt_decay(init_value, timescale):
    return lambda t: init_value / sqrt(1 + t / timescale)


@schedule
def one_minus_sqrt_decay(init_value, decay_steps, end_value=0.0):
    return lambda t: end_value + (init_value - end_value) * (1 - sqrt(_share(t, decay_steps)))


@schedule
def tanh_decay(init_value, decay_steps, end_value=0.0, *, lower=-7.0, upper=3.0):
    def value(t):
        p = _share(t, decay_steps)
        # (1 - tanh(z)) / 2 = 1 / (1 + exp(2 z))
        return end_value + (init_value - end_value) / (1 + exp(2 * (lower * (1 - p) + upper * p)))

    return value


@schedule
def rex_decay(init_value, decay_steps, end_value=0.0):
    def value(t):
        p = _share(t, decay_steps)
        return end_value + (init_value - end_value) * (1 - p) / (1 - p / 2)

    return value


# Clocks.


@schedule
def warm_restarts(base, cycle_steps, *, t_mul=1, m_mul=1.0, cycles=None, baseline=0.0, stretch=True):
    def value(t):
        index, local = cycle(t, cycle_steps, t_mul, cycles, stretch)
        return _scaled(at(base, local), baseline, m_mul, index)

    return value


@schedule
def cyclic(base, fall_steps, *, rise_steps=None, t_mul=1, m_mul=1.0, cycles=None, baseline=0.0):
    rise_steps = fall_steps if rise_steps is None else rise_steps

    def value(t):
        index, local = cycle(t, rise_steps + fall_steps, t_mul, cycles)
        left = rise_steps - local
        return _scaled(at(base, left * fall_steps / rise_steps if left > 0 else -left), baseline, m_mul, index)

    return value


def _scaled(value, baseline, m_mul, index):
    # m_mul**index may be infinite, and 0 times that is no number.
    return baseline if value == baseline else baseline + (value - baseline) * raised(m_mul, Fraction(index))


@schedule
def expanding_cycle(base, decay_steps):
    return lambda t: at(base, t / max(1, math.ceil(t / decay_steps)))


@schedule
def delay(base, steps):
    return lambda t: at(base, max(t - steps, Fraction(0)))


@schedule
def hold(base, steps):
    return lambda t: at(base, min(t, steps))


@schedule
def warp(base, steps, power):
    def value(t):
        share = raised(_share(t, steps), power)
        # A root may be rational, and its digits a hair off: a stair would show it.
        simple = share.limit_denominator(10**15)
        return at(base, steps * (simple if abs(share - simple) < Fraction(1, 10**40) else share))

    return value


@schedule
def stretch(base, factor):
    return lambda t: at(base, t / factor)


@schedule
def per_step(base, amount):
    return lambda t: at(base, t * amount)


@schedule
def staircase(base, steps):
    return lambda t: at(base, steps * stage(t, steps))


@schedule
def reverse(base, steps):
    return lambda t: at(base, steps - min(t, steps))


# Phases and values.


@schedule
def sequence(*phases):
    *timed, last = phases

    def value(t):
        for base, steps in timed:
            if t < steps:
                return at(base, t)
            t -= steps
        return at(last, t)

    return value


@schedule
def warmup(base, steps, *, init_value=0.0, shape="linear"):
    def value(t):
        if t >= steps:
            return at(base, t - steps)
        return init_value + (at(base, Fraction(0)) - init_value) * _weight(shape, 1 - t / steps)

    return value


@schedule
def cooldown(base, begin, steps, *, end_value=0.0, shape="linear"):
    def value(t):
        if t < begin:
            return at(base, t)
        weight = _weight(shape, _share(t - begin, steps))
        return end_value + (at(base, begin) - end_value) * weight

    return value


def _weight(shape, share):
    return at(_SHAPES.get(shape, shape), share)


_SHAPES = {
    "linear": lambda p: 1 - p,
    "cosine": lambda p: (1 + cos_pi(p)) / 2,
    "one_minus_sqrt": lambda p: 1 - sqrt(p),
}


@schedule
def cast(base, dtype):
    if "int" not in dtype:
        return lambda t: at(base, t)
    size = 2 ** int(dtype.lstrip("uint"))
    least = 0 if dtype.startswith("u") else -size // 2

    def value(t):
        return min(max(math.floor(at(base, t) + Fraction(1, 2)), least), least + size - 1)

    return value


@schedule
def clip(base, *, min_value=None, max_value=None):
    def value(t):
        v = at(base, t)
        v = v if min_value is None else max(v, min_value)
        return v if max_value is None else min(v, max_value)

    return value


@schedule
def power(base, exponent):
    """What is written `base ** exponent`."""
    return lambda t: raised(at(base, t), at(exponent, t))


# Named compositions.


@schedule
def cosine_decay_restarts(init_value, first_decay_steps, *, t_mul=2.0, m_mul=1.0, alpha=0.0):
    base = cosine_decay(init_value, first_decay_steps, alpha)
    return warm_restarts(base, first_decay_steps, t_mul=t_mul, m_mul=m_mul, baseline=alpha * init_value)


@schedule
def triangular(min_value, max_value, step_size):
    return cyclic(linear_decay(max_value, step_size, min_value), step_size)


@schedule
def triangular2(min_value, max_value, step_size):
    return cyclic(linear_decay(max_value, step_size, min_value), step_size, m_mul=0.5, baseline=min_value)


@schedule
def exp_range(min_value, max_value, step_size, gamma):
    wave = triangular(0, max_value - min_value, step_size)
    return lambda t: min_value + at(wave, t) * raised(gamma, t)


@schedule
def one_cycle(peak_value, total_steps, *, rise_fraction=0.3, div_factor=25.0, final_div_factor=1e4):
    rise, low = rise_fraction * total_steps, peak_value / div_factor
    up = _eased(low, peak_value, rise)
    down = _eased(peak_value, low / final_div_factor, total_steps - rise)
    return sequence((up, rise), down)


def _eased(start, end, steps):
    """Half a cosine from one value to another."""
    return lambda t: end + (start - end) * (1 + cos_pi(_share(t, steps))) / 2


@schedule
def warmup_cosine_decay(peak_value, warmup_steps, total_steps, *, init_value=0.0, end_value=0.0):
    decay = _eased(peak_value, end_value, total_steps - warmup_steps)
    return warmup(decay, warmup_steps, init_value=init_value)


@schedule
def warmup_stable_decay(
    peak_value, warmup_steps, total_steps, cooldown_steps, *, init_value=0.0, end_value=0.0, shape="linear"
):
    stable = warmup(peak_value, warmup_steps, init_value=init_value)
    return cooldown(stable, total_steps - cooldown_steps, cooldown_steps, end_value=end_value, shape=shape)


@schedule
def noam(model_size, warmup_steps, *, factor=1.0):
    def value(t):
        n = t + 1
        return factor / sqrt(model_size) * min(1 / sqrt(n), n / sqrt(warmup_steps**3))

    return value
