"""Names as other frameworks mean them, each with that framework's defaults.

A bare name means what torch means. Where another framework's default differs, its qualified name pins the difference;
where it agrees, the qualified name is there so that a config ported from it reads as it did.
"""

from __future__ import annotations

from actreg.contracts.info import Alias

_SAME = {
    "torch": "sigmoid tanh relu leaky_relu elu prelu softplus silu "
    "gelu mish selu celu logsigmoid softsign hardswish hardsigmoid tanhshrink "
    "nn.Sigmoid nn.Tanh nn.ReLU nn.LeakyReLU nn.ELU nn.PReLU nn.Softplus nn.SiLU "
    "nn.GELU nn.Mish nn.SELU nn.CELU nn.LogSigmoid nn.Softsign nn.Hardswish nn.Hardsigmoid nn.Tanhshrink nn.Identity",
    "jax": "sigmoid tanh relu leaky_relu elu softmax silu swish "
    "mish selu celu log_sigmoid soft_sign hard_swish hard_silu hard_sigmoid log_softmax identity",
    "flax": "sigmoid tanh relu leaky_relu elu softmax silu swish "
    "selu celu log_sigmoid soft_sign hard_swish hard_silu hard_sigmoid log_softmax identity",
    "keras": "sigmoid tanh relu elu softmax silu swish "
    "gelu mish selu celu log_sigmoid softsign hard_swish hard_silu hard_sigmoid tanh_shrink log_softmax linear",
    "tf_keras": "gelu mish selu softsign linear",
    "tensorflow": "gelu selu softsign",
    "onnx": "Sigmoid Tanh Relu Elu Softmax PRelu Gelu Mish Celu Softsign HardSwish LogSoftmax Identity",
    "onnxruntime": "Gelu",
    "mlx": "sigmoid tanh relu leaky_relu elu softmax silu prelu "
    "gelu mish celu log_sigmoid softsign hardswish log_softmax",
    "paddle": "sigmoid tanh relu leaky_relu elu softmax silu prelu softplus "
    "gelu mish selu celu log_sigmoid softsign hardswish tanhshrink log_softmax",
    "tinygrad": "mish celu softsign hardswish hardsigmoid logsigmoid",
    "transformers": "gelu gelu_python mish hardswish linear",
    "thinc": "gelu hard_swish_mobilenet",
    "monai": "gelu mish selu celu",
    "timm": "gelu mish selu celu hard_swish hard_sigmoid identity",
}
_TARGETS = {
    "swish": "silu",
    "leakyrelu": "leaky_relu",
    "logsigmoid": "log_sigmoid",
    "logsoftmax": "log_softmax",
    "hardswish": "hard_swish",
    "hard_silu": "hard_swish",
    "hard_swish_mobilenet": "hard_swish",
    "hardsigmoid": "hard_sigmoid",
    "tanhshrink": "tanh_shrink",
    "soft_sign": "softsign",
    "gelu_python": "gelu",
    "linear": "identity",
}
_TANH = (
    "jax:gelu flax:gelu keras:ops.gelu mindspore:nn.GELU tinygrad:gelu onnxruntime:FastGelu thinc:gelu_approx"
    " mlx:gelu_approx transformers:gelu_new transformers:gelu_fast transformers:gelu_accurate"
    " transformers:gelu_pytorch_tanh transformers:gelu_python_tanh timm:gelu_tanh"
)
_SIGMOID = (
    "mindspore:nn.FastGelu mindspore:ops.fast_gelu mlx:gelu_fast_approx onnxruntime:QuickGelu tinygrad:quick_gelu"
    " transformers:quick_gelu timm:quick_gelu"
)
_STEEP = "tf_keras:hard_sigmoid thinc:hard_sigmoid chainer:hard_sigmoid tfjs:hardSigmoid webnn:hardSigmoid"
_SECOND = "torch:glu torch:nn.GLU jax:glu flax:glu keras:glu mlx:glu paddle:glu mindspore:nn.GLU timm:GluMlp"
_SELU32 = {"alpha": 1.6732631921768188, "scale": 1.0507010221481323}
_SELU_SHORT = {"alpha": 1.67326, "scale": 1.0507}


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
    *(Alias(name, "gelu", {"approximate": "tanh"}, "there the name means the tanh form") for name in _TANH.split()),
    *(Alias(name, "gelu", {"approximate": "sigmoid"}, "x·sigmoid(1.702·x)") for name in _SIGMOID.split()),
    *(Alias(name, "hard_sigmoid", {"slope": 0.2}, "0.2·x + 0.5 there") for name in _STEEP.split()),
    *(Alias(name, "glu", {"gate": "second"}, "the sigmoid's half is the second") for name in _SECOND.split()),
    Alias("gelu_tanh", "gelu", {"approximate": "tanh"}, "its own name in eleven frameworks"),
    Alias("gelu_quick", "gelu", {"approximate": "sigmoid"}, "its own name in seven frameworks"),
    Alias("quick_gelu", "gelu", {"approximate": "sigmoid"}, "as CLIP and Transformers spell it"),
    Alias(
        "fast_gelu",
        candidates=("gelu_tanh", "gelu_quick"),
        reason="onnxruntime's FastGelu is the tanh form, MindSpore's fast_gelu x·sigmoid(1.702·x)",
    ),
    Alias(
        "gelu_fast",
        candidates=("gelu_tanh", "gelu_quick"),
        reason="Transformers' gelu_fast is the tanh form, mlx's gelu_fast_approx x·sigmoid(1.702·x)",
    ),
    Alias(
        "swiglu_packed",
        candidates=("swiglu", "timm:SwiGLUPacked"),
        reason="which half is the gate differs: say gate: first (timm's SwiGLUPacked), second or interleaved",
    ),
    Alias("onnx:HardSigmoid", "hard_sigmoid", {"slope": 0.20000000298023224, "offset": 0.5}, "a float32 attribute"),
    Alias("paddle:hardsigmoid", "hard_sigmoid", {"slope": 0.1666667, "offset": 0.5}, "1/6 to seven digits"),
    Alias("onnx:Selu", "selu", _SELU32, "float32 attributes"),
    Alias("mlx:selu", "selu", _SELU_SHORT, "truncated constants"),
    Alias("tinygrad:selu", "selu", _SELU_SHORT, "truncated constants"),
    Alias("onnx:SwiGLU", "swiglu", {"gate": "first"}, "its first input is the gate"),
    Alias("paddle:swiglu", "swiglu", {"gate": "first"}, "paddle.nn.functional.swiglu of one tensor"),
    Alias("timm:SwiGLUPacked", "swiglu", {"gate": "first"}, "timm.layers.SwiGLUPacked"),
    Alias("monai:geglu", "geglu", {"gate": "second"}, "monai.networks.blocks: x, gate = chunk(2)"),
    Alias("jax:softplus", "softplus", {"threshold": 40.0}, "jax.nn.softplus has no linear part"),
    Alias("keras:softplus", "softplus", {"threshold": 40.0}, "keras.activations.softplus has no linear part"),
)
