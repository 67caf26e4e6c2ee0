"""Names as other frameworks mean them, each with that framework's defaults.

A bare name means what torch means. Where another framework's default differs, its qualified name pins the difference;
where it agrees, the qualified name is there so that a config ported from it reads as it did.
"""

from __future__ import annotations

from actreg.contracts.info import Alias

_SAME = {
    "torch": "sigmoid tanh relu leaky_relu elu prelu softplus silu "
    "nn.Sigmoid nn.Tanh nn.ReLU nn.LeakyReLU nn.ELU nn.PReLU nn.Softplus nn.SiLU",
    "jax": "sigmoid tanh relu leaky_relu elu softmax silu swish",
    "flax": "sigmoid tanh relu leaky_relu elu softmax silu swish",
    "keras": "sigmoid tanh relu elu softmax silu swish",
    "onnx": "Sigmoid Tanh Relu Elu Softmax PRelu",
    "mlx": "sigmoid tanh relu leaky_relu elu softmax silu prelu",
    "paddle": "sigmoid tanh relu leaky_relu elu softmax silu prelu softplus",
}
_TARGETS = {"swish": "silu", "leakyrelu": "leaky_relu"}


def _target(name: str) -> str:
    plain = name.removeprefix("nn.").lower()
    return _TARGETS.get(plain, plain)


ALIASES: tuple[Alias, ...] = (
    *(
        Alias(f"{framework}:{name}", _target(name), reason=f"{framework} has the same defaults")
        for framework, names in _SAME.items()
        for name in names.split()
    ),
    Alias("keras:leaky_relu", "leaky_relu", {"negative_slope": 0.2}, "keras.activations.leaky_relu, Keras 3"),
    Alias("keras:LeakyReLU", "leaky_relu", {"negative_slope": 0.3}, "keras.layers.LeakyReLU, Keras 3"),
    Alias("tensorflow:leaky_relu", "leaky_relu", {"negative_slope": 0.2}, "tf.nn.leaky_relu"),
    Alias("onnx:LeakyRelu", "leaky_relu", {"negative_slope": 0.009999999776482582}, "a float32 attribute"),
    Alias("keras:PReLU", "prelu", {"init": 0.0}, "keras.layers.PReLU starts at zero, with a slope an element"),
    Alias("flax:PReLU", "prelu", {"init": 0.01}, "flax.linen.PReLU"),
    # jax and keras have no threshold: it lies beyond where the linear part is exact in float64.
    Alias("jax:softplus", "softplus", {"threshold": 40.0}, "jax.nn.softplus has no linear part"),
    Alias("keras:softplus", "softplus", {"threshold": 40.0}, "keras.activations.softplus has no linear part"),
)
