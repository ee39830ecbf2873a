"""The schedules of `clones.py`, `formulae.py` and pytorch-scheduler as texts of one expression each, by case."""

# What the square root of hyperbolic schedules is taken of: (n - x)/u times (2u - n - x)/u, n = 280 and u = 1000.
_HYPERBOLA = "(linear_decay(0.28, 280) * linear_decay(1.72, 280, 1.44)) ** 0.5 - 0.4816 ** 0.5"

TEXTS: dict[str, str] = {
    "timm CosineLRScheduler k_decay": "warp(cosine_decay(0.1, 300, 0.01), 300, 2)",
    "timm CosineLRScheduler k_decay, cycles": (
        "warmup(warm_restarts(warp(cosine_decay(0.1, 300), 300, 1.5), 300, t_mul=2, m_mul=0.5, cycles=3), 20,"
        " init_value=0.001)"
    ),
    "timm PolyLRScheduler k_decay": "warp(polynomial_decay(0.1, 300, 0.001, 2), 300, 0.5)",
    # pytorch-scheduler
    "pytorch_scheduler ChebyshevScheduler": "hold(delay(cosine_decay(0.1, 300, 0.01), -0.5), 299)",
    "pytorch_scheduler CosineAnnealingWarmupRestarts": (
        "warm_restarts(warmup_cosine_decay(0.1, 20, 100), 100, m_mul=0.5)"
        " + warm_restarts(0.001 - warmup_cosine_decay(0.001, 20, 100), 100)"
    ),
    "pytorch_scheduler CosineAnnealingWarmupRestarts growing": (
        "sequence((warmup_cosine_decay(0.1, 20, 100, init_value=0.001, end_value=0.001), 100),"
        " (warmup_cosine_decay(0.05, 20, 200, init_value=0.001, end_value=0.001), 200),"
        " warmup_cosine_decay(0.025, 20, 400, init_value=0.001, end_value=0.001))"
    ),
    "pytorch_scheduler CosineWithWarmupScheduler": "warmup_cosine_decay(0.1, 20, 300, end_value=0.001)",
    "pytorch_scheduler ExpHyperbolicLRScheduler": f"warmup(0.1 * 1000 ** ({_HYPERBOLA}), 20, init_value=0.0001)",
    "pytorch_scheduler FlatCosineScheduler": 'cooldown(0.1, 210, 90, end_value=0.001, shape="cosine")',
    "pytorch_scheduler HyperbolicLRScheduler": f"warmup(0.1 + 0.0999 * ({_HYPERBOLA}), 20, init_value=0.0001)",
    "pytorch_scheduler IdentityScheduler": "constant(0.1)",
    "pytorch_scheduler InverseSqrtScheduler": "warmup(inverse_sqrt_decay(0.1, 100), 100)",
    "pytorch_scheduler KDecayScheduler": "warp(cosine_decay(0.1, 300, 0.01), 300, 2)",
    "pytorch_scheduler KDecayScheduler fractional": "warp(cosine_decay(0.1, 300, 0.01), 300, 1.5)",
    "pytorch_scheduler LinearDecayScheduler": "warmup(linear_decay(0.1, 280, 0.001), 20)",
    "pytorch_scheduler PolynomialScheduler": "warmup(polynomial_decay(0.1, 280, 0.001, 2), 20)",
    "pytorch_scheduler PolynomialScheduler cycle": (
        "warm_restarts(warmup(polynomial_decay(0.1, 280, 0.001, 2), 20), 300)"
    ),
    "pytorch_scheduler PowerDecayScheduler": (
        "warmup(clip(0.1 * inverse_time_decay(1, 100, 1) ** 0.7, min_value=0.02), 100)"
    ),
    "pytorch_scheduler PowerDecayScheduler without warmup": "0.1 * inverse_time_decay(1, 1, 1) ** 0.5",
    "pytorch_scheduler RexScheduler": "rex_decay(0.1, 300)",
    "pytorch_scheduler SlantedTriangularScheduler": "piecewise_linear([0, 30, 300], [0.003125, 0.1, 0.003125])",
    "pytorch_scheduler TanhDecayScheduler": ("sequence((tanh_decay(0.1, 300, 0.001, lower=-3, upper=3), 300), 0.001)"),
    "pytorch_scheduler TrapezoidalScheduler": "warmup_stable_decay(0.1, 20, 300, 100, end_value=0.001)",
    "pytorch_scheduler WarmupHoldCosineScheduler": (
        'warmup_stable_decay(0.1, 20, 300, 180, end_value=0.001, shape="cosine")'
    ),
    "pytorch_scheduler WSDScheduler cosine": 'warmup_stable_decay(0.1, 20, 300, 80, end_value=0.001, shape="cosine")',
    "pytorch_scheduler WSDScheduler linear": "warmup_stable_decay(0.1, 20, 300, 80, end_value=0.001)",
    "pytorch_scheduler WSDScheduler sqrt": (
        'warmup_stable_decay(0.1, 20, 300, 80, end_value=0.001, shape="one_minus_sqrt")'
    ),
    # big_vision and vision_transformer
    "big_vision create_learning_rate_schedule cosine": "warmup_cosine_decay(0.1, 100, 1300)",
    "big_vision create_learning_rate_schedule linear": "warmup(linear_decay(0.1, 1200, 0.001), 100)",
    "big_vision create_learning_rate_schedule polynomial": "warmup(polynomial_decay(0.1, 1200, 0.0, 2), 100)",
    "big_vision create_learning_rate_schedule rsqrt": (
        "warmup(delay(inverse_sqrt_decay(0.1, 400), -50), 100) * cooldown(1, 1000, 300)"
    ),
    "big_vision create_learning_rate_schedule stair": (
        "warmup(1, 100) * delay(piecewise_constant([300, 600], [0.1, 0.01, 0.001]), -1)"
    ),
    "vision_transformer create_learning_rate_schedule cosine": "warmup_cosine_decay(0.1, 100, 1300)",
    "vision_transformer create_learning_rate_schedule linear": "warmup(linear_decay(0.1, 1200, 1e-5), 100)",
    # t5x
    "t5x create_learning_rate_scheduler rsqrt_decay": "clip(warmup(inverse_sqrt_decay(0.1, 100), 100), min_value=1e-8)",
    "t5x create_learning_rate_scheduler decay_every, step_offset": (
        "clip(delay(warmup(1, 100) * exponential_decay(0.1, 200, 0.5, staircase=True), 50), min_value=1e-8)"
    ),
    "t5x create_learning_rate_scheduler linear_decay": "clip(warmup(linear_decay(0.1, 1000), 100), min_value=1e-8)",
    "t5x create_learning_rate_scheduler cosine_decay": (
        "clip(warmup(warm_restarts(cosine_decay(0.1, 400), 400), 100), min_value=1e-8)"
    ),
    "t5x create_learning_rate_scheduler rsqrt_normalized_decay": "delay(inverse_sqrt_decay(0.1, 100), 100)",
    # MaxText
    "MaxText create_learning_rate_schedule cosine": (
        "sequence((warmup_cosine_decay(0.1, 100, 999, end_value=0.01), 1000), 0)"
    ),
    "MaxText create_learning_rate_schedule wsd, linear": (
        "sequence((warmup_stable_decay(0.1, 100, 999, 199, end_value=0.01), 1000), 0)"
    ),
    "MaxText create_learning_rate_schedule wsd, cosine": (
        'sequence((warmup_stable_decay(0.1, 100, 999, 199, end_value=0.01, shape="cosine"), 1000), 0)'
    ),
    # Levanter
    "Levanter OptimizerConfig.lr_scheduler cosine": "warmup_cosine_decay(0.1, 100, 1300, end_value=0.01)",
    "Levanter OptimizerConfig.lr_scheduler linear, decay": ("warmup_stable_decay(0.1, 100, 1300, 400, end_value=0.01)"),
    "Levanter OptimizerConfig.lr_scheduler constant": "warmup(0.1, 100)",
    "Levanter OptimizerConfig.lr_scheduler inv_sqrt": (
        "warmup(clip(delay(inverse_sqrt_decay(0.1, 400), 300), min_value=0.01), 100)"
    ),
    "Levanter OptimizerConfig.lr_scheduler inv": (
        "sequence((warmup(0.1, 100), 100), clip(delay(delay(inverse_time_decay(0.1, 1200, 9), -1), 1), min_value=0.01))"
    ),
    "Levanter OptimizerConfig.lr_scheduler power": (
        "clip(36.8 * 1024 ** -0.51 * delay(inverse_time_decay(1, 1, 1), 1) ** 0.51, max_value=0.1)"
    ),
    "Levanter OptimizerConfig.lr_scheduler cosine, exponent": (
        "warmup(0.01 + 0.09 * cosine_decay(1, 1200) ** 1.5, 100)"
    ),
    "Levanter OptimizerConfig.lr_scheduler cosine, cycles, rewarmup": (
        "sequence((warmup_cosine_decay(0.1, 100, 400, end_value=0.01), 400),"
        " warm_restarts(warmup_cosine_decay(0.1, 50, 400, init_value=0.01, end_value=0.01), 400))"
    ),
    # praxis
    "praxis Linear": "delay(linear_decay(0.1, 300, 0.001), 50)",
    "praxis Polynomial from its start": "delay(warp(linear_decay(0.1, 300, 0.001), 300, 2), 50)",
    "praxis Polynomial from its limit": "delay(polynomial_decay(0.1, 300, 0.001, 2), 50)",
    "praxis Exponential": "delay(hold(exponential_decay(0.1, 300, 0.01), 300), 50)",
    "praxis Cosine": "cosine_decay(0.1, 300, 0.01)",
    "praxis DelayedCosine": "delay(cosine_decay(0.1, 300, 0.01), 50)",
    "praxis LinearRampupPolynomialDecay": ("warmup(delay(warp(linear_decay(0.1, 500, 0.001), 500, 2), 100), 100)"),
    "praxis LinearRampupCosineDecay": 'warmup_stable_decay(0.1, 100, 700, 500, end_value=0.001, shape="cosine")',
    "praxis LinearRampupExponentialDecay": "warmup(delay(hold(exponential_decay(0.1, 500, 0.01), 500), 100), 100)",
    "praxis PiecewiseConstant": "delay(piecewise_constant([200, 500], [0.1, 0.05, 0.01]), -1)",
    "praxis LinearRampupPiecewiseConstant": (
        "warmup(delay(piecewise_constant([200, 500], [0.1, 0.05, 0.01]), -1), 100)"
    ),
    "praxis Transformer": "hold(noam(512, 100), 1000)",
    "praxis SqrtDecay": "delay(inverse_sqrt_decay(0.1, 100), 150)",
    "praxis LinearRampupSqrtDecay": "delay(delay(warmup(inverse_sqrt_decay(0.1, 100), 100), -1), 1)",
    "praxis ContinuousSchedule": "clip(delay(exponential_decay(0.1, 100, 0.5), 400), min_value=0.001)",
    "praxis PiecewiseSchedule": "sequence((cosine_decay(0.1, 300), 200), 0.01)",
    "praxis CycleSchedule": (
        "warm_restarts(sequence((1, 3), 0), 4) * cosine_decay(0.1, 300) + warm_restarts(sequence((0, 3), 0.01), 4)"
    ),
    # axlearn
    "axlearn polynomial": "delay(warp(linear_decay(0.1, 300, 0.001), 300, 2), 50)",
    "axlearn exponential": "delay(hold(exponential_decay(0.1, 300, 0.01), 300), 50)",
    "axlearn inverse_sqrt": "delay(inverse_sqrt_decay(0.1, 100), 100)",
    "axlearn adafactor": "noam(1, 100)",
    "axlearn adafactor decay_power": "100 ** -0.8 * warmup(inverse_time_decay(1, 100, 1) ** 0.8, 100)",
    "axlearn adafactor_decay_rate": "1 - delay(inverse_time_decay(1, 1, 1), 1) ** 0.8",
    "axlearn decay_bias_correction": ("(0.9 - exponential_decay(1, 1, 0.9)) / (1 - exponential_decay(1, 1, 0.9))"),
    "axlearn cosine_with_linear_warmup": "warmup_cosine_decay(0.1, 100, 1300, end_value=0.01)",
    "axlearn cosine_with_linear_warmup decay_begin_step": ('warmup_stable_decay(0.1, 100, 1300, 400, shape="cosine")'),
    "axlearn cosine_with_linear_warmup begin_value": (
        "sequence((0, 1), delay(warmup_cosine_decay(0.1, 100, 1300, init_value=0.01), -1))"
    ),
    "axlearn warmup_stable_decay": "warmup_stable_decay(0.1, 100, 1300, 400, end_value=0.01)",
    "axlearn constant_with_linear_warmup": "warmup(0.1, 100)",
    "axlearn linear_schedule_with_warmup": "warmup(linear_decay(0.1, 1200, 0.001), 100)",
    "axlearn ema_schedule": "sequence((1 - inverse_time_decay(1, 1, 1), 50), 0.99)",
    # init2winit
    "init2winit cosine": "cosine_decay(0.1, 1300)",
    "init2winit cosine_echo": "sequence((cosine_decay(0.1, 900), 900), warmup_cosine_decay(0.05, 40, 400))",
    "init2winit transformer_schedule": "noam(512, 100, factor=0.1)",
    "init2winit rsqrt_normalized_decay": "inverse_sqrt_decay(0.1, 100)",
    "init2winit t2t_rsqrt_normalized_decay": "delay(inverse_sqrt_decay(0.1, 100), 100)",
    "init2winit polynomial": "polynomial_decay(0.1, 1000, 0.001, 2)",
    "init2winit piecewise_constant": "piecewise_constant([300, 600], [0.1, 0.05, 0.01])",
    "init2winit piecewise_linear": "piecewise_linear([0, 300, 600], [0.1, 0.05, 0.01])",
    "init2winit mlperf_polynomial": (
        "hold(warmup(polynomial_decay(0.1, 1201, 0.0001, 2), 100, init_value=0.001,"
        " shape=polynomial_decay(1, 1, 0, 2)), 1200)"
    ),
    "init2winit compound": "warmup_cosine_decay(0.1, 100, 1299)",
    "init2winit rsqrt_normalized_decay_warmup": (
        "warmup(inverse_sqrt_decay(0.1, 100), 100, shape=polynomial_decay(1, 1, 0, 2))"
    ),
    # kfac_jax
    "kfac_jax kfac_resnet50_schedule": (
        "10 ** piecewise_linear([0, 50, 5000, 11000, 20000, 200000, 1000001],"
        " [-6.0, -3.1, -3.1, -3.23, -5.0, -5.7, -6.0])"
    ),
    "kfac_jax piecewise_interpolated_schedule linear": "piecewise_linear([0, 100, 600], [0.01, 0.1, 0.001])",
    "kfac_jax piecewise_interpolated_schedule cosine": (
        'warmup(cosine_decay(0.1, 500, 0.01), 100, init_value=0.01, shape="cosine")'
    ),
    "kfac_jax stepwise_schedule": "delay(piecewise_constant([300, 600], [0.1, 0.01, 0.001]), -1)",
    "kfac_jax exponential_decay_schedule": "clip(delay(exponential_decay(0.1, 1000, 0.1), 100), min_value=0.01)",
    "kfac_jax polynomial_schedule rising": "delay(warp(linear_decay(0.01, 1000, 0.1), 1000, 2), 100)",
    "kfac_jax inverse_time_decay_schedule": "delay(warp(inverse_time_decay(0.1, 1000, 9), 1000, 1.5), 100)",
    "kfac_jax inverse_time_decay_schedule offset_before_power": (
        "delay(hold(0.1 * inverse_time_decay(1, 1000, 3.641588833612779) ** 1.5, 1000), 100)"
    ),
    # Others in JAX
    "FermiNet learning_rate_schedule": "0.1 * inverse_time_decay(1, 100, 1) ** 0.7",
    "EasyLM PalmOptimizerFactory.learning_rate_schedule": "delay(inverse_sqrt_decay(0.1, 100), 100)",
    "EasyLM PalmOptimizerFactory.weight_decay_schedule": "-delay(inverse_sqrt_decay(0.1, 100), 100) ** 2",
    "mesh_transformer gpt3_schedule": "warmup_cosine_decay(0.1, 100, 1300, end_value=0.01)",
    "trax warmup": "warmup(0.1, 101)",
    "trax warmup_and_rsqrt_decay": "warmup(inverse_sqrt_decay(0.1, 101), 101)",
    "trax multifactor two_constants": "warmup(1, 100) * sequence((0.1, 400), 0.01)",
    "trax multifactor decay_every, minimum": (
        "clip(warmup(1, 100) * exponential_decay(0.1, 200, 0.5, staircase=True), min_value=0.001)"
    ),
    "trax _CosineSawtoothTail": "sequence((warmup(0.1, 101), 501), warm_restarts(cosine_decay(0.1, 200, 0.01), 200))",
    "multinerf learning_rate_decay": (
        "hold(exponential_decay(0.1, 1000, 0.01), 1000) * (0.01 + 0.99 * reverse(cosine_decay(1, 100), 100) ** 0.5)"
    ),
    "nerfies LinearSchedule": "linear_decay(0.1, 300, 0.001)",
    "nerfies ExponentialSchedule": "hold(exponential_decay(0.1, 299, 0.01), 299)",
    "nerfies CosineEasingSchedule": "cosine_decay(0.1, 300, 0.01)",
    "nerfies StepSchedule": "hold(exponential_decay(0.1, 100, 0.5, staircase=True), 300)",
    "nerfies DelayedSchedule": (
        "hold(exponential_decay(0.1, 299, 0.01), 299) * (0.01 + 0.99 * reverse(cosine_decay(1, 100), 100) ** 0.5)"
    ),
    "flax imagenet create_learning_rate_fn": "stretch(warmup_cosine_decay(0.1, 5, 100), 391)",
    "flax wmt create_learning_rate_schedule": "warmup(inverse_sqrt_decay(0.1, 100), 100)",
    "flax nlp_seq create_learning_rate_scheduler": "delay(inverse_sqrt_decay(0.1, 100), 100)",
    "haiku imagenet lr_schedule": "stretch(warmup_cosine_decay(0.4, 5, 90), 1271167 / 1024)",
    "dalle_mini create_learning_rate_fn linear": "sequence((warmup(0.1, 101), 100), linear_decay(0.1, 1200))",
    "dalle_mini create_learning_rate_fn exponential": (
        "sequence((warmup(0.1, 101), 100), exponential_decay(0.1, 200, 0.5, staircase=True))"
    ),
    "dopamine linearly_decaying_epsilon": "delay(linear_decay(1, 1000, 0.01), 200)",
    "apax cyclic_cosine_decay_schedule": "warm_restarts(cosine_decay(0.1, 200), 200, m_mul=0.9)",
    "apax PieceWiseLinearTSchedule": "piecewise_linear([100, 500, 1000], [300, 900, 300])",
    "apax OscillatingRampTSchedule": (
        "linear_decay(300, 1000, 600) + sequence((delay(cyclic(cosine_decay(100, 100), 100), -50) - 50, 1000), 0)"
    ),
    "algoperf jax_cosine_warmup": "warmup_cosine_decay(0.1, 100, 1300)",
    "deepmind_research byol learning_schedule": "warmup_cosine_decay(0.1, 100, 1300)",
    "deepmind_research byol target_ema": "1 - cosine_decay(0.004, 1000)",
    "deepmind_research nfnets WarmupCosineDecay": (
        "warmup_cosine_decay(0.1, 100, 1300, init_value=0.001, end_value=0.01)"
    ),
    "deepmind_research nfnets WarmupExpDecay": "warmup(exponential_decay(0.1, 50, 0.97, staircase=True), 100)",
    "jestimator bert lr_schedule": "warmup(linear_decay(0.1, 1200), 100)",
    "purejaxrl ppo linear_schedule": "staircase(linear_decay(0.1, 800), 16)",
    # Others in PyTorch
    "k_diffusion InverseLR": (
        "(1 - exponential_decay(0.99, 1, 0.99)) * clip(0.1 * inverse_time_decay(1, 100, 1) ** 0.5, min_value=0.001)"
    ),
    "k_diffusion ExponentialLR": (
        "(1 - exponential_decay(0.95, 1, 0.95)) * clip(exponential_decay(0.1, 100, 0.5), min_value=0.001)"
    ),
    "k_diffusion ConstantLRWithWarmup": "0.1 * (1 - exponential_decay(0.99, 1, 0.99))",
    "cosine_annealing_warmup CosineAnnealingWarmupRestarts equal": (
        "warm_restarts(warmup_cosine_decay(0.1, 20, 100), 100, m_mul=0.5)"
        " + warm_restarts(0.001 - warmup_cosine_decay(0.001, 20, 100), 100)"
    ),
    "cosine_annealing_warmup CosineAnnealingWarmupRestarts growing": (
        "sequence((warmup_cosine_decay(0.1, 20, 100, init_value=0.001, end_value=0.001), 100),"
        " (warmup_cosine_decay(0.05, 20, 180, init_value=0.001, end_value=0.001), 180),"
        " warmup_cosine_decay(0.025, 20, 340, init_value=0.001, end_value=0.001))"
    ),
    "cosine_annealing_warmup CosineAnnealingWarmupRestarts growing, without warmup": (
        "sequence((0.001, 1), delay(warm_restarts(cosine_decay(0.1, 100), 100, t_mul=2, m_mul=0.5)"
        " + warm_restarts(0.001 - cosine_decay(0.001, 100), 100, t_mul=2), -1))"
    ),
    # Caffe
    "Caffe fixed": "constant(0.1)",
    "Caffe step": "exponential_decay(0.1, 100, 0.5, staircase=True)",
    "Caffe exp": "exponential_decay(0.1, 1, 0.99)",
    "Caffe inv": "0.1 * inverse_time_decay(1, 1, 0.0001) ** 0.75",
    "Caffe multistep": "delay(piecewise_constant([300, 500], [0.1, 0.01, 0.001]), -1)",
    "Caffe poly": "polynomial_decay(0.1, 1000, 0.0, 0.5)",
    "Caffe sigmoid": "0.1 / (1 + 2.718281828459045 ** 10 * natural_exp_decay(1, 1, 0.02))",
    "Caffe sigmoid falling": "0.1 / (1 + 2.718281828459045 ** -10 * natural_exp_decay(1, 1, -0.02))",
    # ParameterSchedulers.jl
    "ParameterSchedulers Step": "exponential_decay(0.1, 30, 0.5, staircase=True)",
    "ParameterSchedulers Step of several sizes": (
        "delay(piecewise_constant([30, 80, 180], [0.1, 0.05, 0.025, 0.0125]), -1)"
    ),
    "ParameterSchedulers Exp": "exponential_decay(0.1, 1, 0.97)",
    "ParameterSchedulers Poly": "polynomial_decay(0.1, 300, 0.0, 2)",
    "ParameterSchedulers Inv": "0.1 * inverse_time_decay(1, 1, 0.01) ** 2",
    "ParameterSchedulers Triangle": "cyclic(linear_decay(0.1, 50, 0.001), 50)",
    "ParameterSchedulers TriangleDecay2": "cyclic(linear_decay(0.1, 50, 0.001), 50, m_mul=0.5, baseline=0.001)",
    "ParameterSchedulers TriangleExp": "0.001 + cyclic(linear_decay(0.099, 50), 50) * exponential_decay(1, 1, 0.99)",
    "ParameterSchedulers Sin": "0.001 + 0.099 * cyclic(cosine_decay(1, 50), 50) ** 0.5",
    "ParameterSchedulers SinDecay2": "0.001 + 0.099 * cyclic(cosine_decay(1, 50), 50, m_mul=0.25) ** 0.5",
    "ParameterSchedulers SinExp": (
        "0.001 + 0.099 * cyclic(cosine_decay(1, 50), 50) ** 0.5 * exponential_decay(1, 1, 0.99)"
    ),
    "ParameterSchedulers CosAnneal": "warm_restarts(cosine_decay(0.1, 100, 0.01), 100)",
    "ParameterSchedulers CosAnneal without restart": "delay(cyclic(cosine_decay(0.1, 100, 0.01), 100), -100)",
    "ParameterSchedulers OneCycle": ("one_cycle(0.1, 1002, rise_fraction=251 / 1002, final_div_factor=4000)"),
    "ParameterSchedulers Sequence": (
        "sequence((exponential_decay(0.1, 1, 0.9), 50), exponential_decay(0.01, 1, 0.99))"
    ),
    "ParameterSchedulers Loop": "warm_restarts(exponential_decay(0.1, 1, 0.9), 40)",
    "ParameterSchedulers Interpolator": "stretch(staircase(exponential_decay(0.1, 1, 0.9), 1), 40)",
    "ParameterSchedulers Shifted": "delay(exponential_decay(0.1, 1, 0.9), -9)",
}
