"""What shape each operator of ONNX makes of its inputs' shapes: the operators that a model of ours may have.

onnx.shape_inference would cost 100 ms at each start and leaves open what it cannot tell. Here every size is a
number, for a batch of a given size, and what cannot be told is refused.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from itertools import zip_longest
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

MAX_AXES = 8
MAX_NUMBERS = 2**40
# Lists of sizes and axes are this short; the numbers of longer tensors are not looked at.
MAX_VALUE = 64
# TensorProto.DataType: the types that sizes and axes have.
INT32, INT64 = 6, 7

Attributes = Mapping[str, Any]


class Tensor(NamedTuple):
    """The shape of a value, and its numbers where it is a short list of sizes or axes that is known."""

    shape: tuple[int, ...]
    value: NDArray[np.int64] | None = None

    @property
    def size(self) -> int:
        return math.prod(self.shape)


Inputs = Sequence[Tensor | None]


class Operator(NamedTuple):
    """The shape rule of one operator, and the multiply-adds of one run where there are any to speak of.

    Both may raise ValueError, TypeError, LookupError or ArithmeticError for inputs that do not fit.
    """

    shape: Callable[[Inputs, Attributes], Tensor]
    multiply_adds: Callable[[Inputs, Tensor, Attributes], int] = lambda inputs, output, attributes: 0


def _whole(attributes: Attributes, name: str, default: int) -> int:
    value = attributes.get(name, default)
    if not isinstance(value, int):
        raise ValueError(name)
    return value


def _list(attributes: Attributes, name: str, default: Sequence[int]) -> list[int]:
    value = attributes.get(name, default)
    if not isinstance(value, list | tuple):
        raise ValueError(name)
    return list(value)


def _first(inputs: Inputs) -> Tensor:
    return _at(inputs, 0)


def _at(inputs: Inputs, index: int) -> Tensor:
    tensor = inputs[index]
    if tensor is None:
        raise ValueError("an input is missing")
    return tensor


def _numbers(inputs: Inputs, index: int, default: list[int] | None = None) -> list[int]:
    """A list that a node takes as an input: sizes, axes, paddings."""
    if default is not None and (len(inputs) <= index or inputs[index] is None):
        return default
    value = _at(inputs, index).value
    if value is None:
        raise ValueError("sizes that are known only when it runs")
    numbers: list[int] = value.reshape(-1).tolist()
    return numbers


def _axis(axis: int, axes: int) -> int:
    if not -axes <= axis < axes:
        raise ValueError("axis")
    return axis % axes


def _known(shape: Sequence[int], value: NDArray[np.int64] | None) -> Tensor:
    return Tensor(tuple(shape), None if value is None or value.size > MAX_VALUE else value)


def _broadcast(inputs: Inputs, attributes: Attributes) -> Tensor:
    return Tensor(_broadcast_shapes(*(tensor.shape for tensor in inputs if tensor is not None)))


def _broadcast_shapes(*shapes: tuple[int, ...]) -> tuple[int, ...]:
    """As numpy.broadcast_shapes, without making arrays of them."""
    sizes = []
    for column in zip_longest(*(reversed(shape) for shape in shapes), fillvalue=1):
        different = {*column} - {1}
        if len(different) > 1:
            raise ValueError("shapes")
        sizes.append(different.pop() if different else 1)
    return tuple(reversed(sizes))


def _same(inputs: Inputs, attributes: Attributes) -> Tensor:
    return Tensor(_first(inputs).shape)


def _pass_on(inputs: Inputs, attributes: Attributes) -> Tensor:
    return _first(inputs)


def _cast(inputs: Inputs, attributes: Attributes) -> Tensor:
    """Sizes go on where none can change: to int32 or int64, and small enough for both."""
    given = _first(inputs)
    exact = attributes.get("to") in (INT32, INT64)
    if given.value is None or not exact or np.abs(given.value).max(initial=0) >= 2**31:
        return Tensor(given.shape)
    return given


def _reduced(inputs: Inputs, attributes: Attributes) -> Tensor:
    shape = _first(inputs).shape
    axes = _list(attributes, "axes", _numbers(inputs, 1, []))
    if not axes and _whole(attributes, "noop_with_empty_axes", 0):
        return Tensor(shape)
    return _without(shape, axes or range(len(shape)), _whole(attributes, "keepdims", 1))


def _arg_max(inputs: Inputs, attributes: Attributes) -> Tensor:
    axis, keep = _whole(attributes, "axis", 0), _whole(attributes, "keepdims", 1)
    return _without(_first(inputs).shape, [axis], keep)


def _without(shape: tuple[int, ...], axes: Sequence[int], keep: int) -> Tensor:
    gone = {_axis(axis, len(shape)) for axis in axes}
    if keep:
        return Tensor(tuple(1 if axis in gone else size for axis, size in enumerate(shape)))
    return Tensor(tuple(size for axis, size in enumerate(shape) if axis not in gone))


def _windows(shape: tuple[int, ...], kernel: Sequence[int], attributes: Attributes) -> tuple[int, ...]:
    """How often a window fits along each axis of space."""
    axes = len(kernel)
    strides = _list(attributes, "strides", [1] * axes)
    dilations = _list(attributes, "dilations", [1] * axes)
    pads = _list(attributes, "pads", [0] * 2 * axes)
    how = bytes(attributes.get("auto_pad") or b"NOTSET")
    if (
        len(shape) != axes + 2
        or (len(strides), len(dilations), len(pads)) != (axes, axes, 2 * axes)
        or min(*kernel, *strides, *dilations, 1) < 1
        or min(*pads, 0) < 0
        or _whole(attributes, "ceil_mode", 0)
    ):
        raise ValueError("windows")
    if how in (b"SAME_UPPER", b"SAME_LOWER"):
        return tuple(-(-size // stride) for size, stride in zip(shape[2:], strides, strict=True))
    if how == b"VALID":
        pads = [0] * 2 * axes
    places = (
        (shape[2 + axis] + pads[axis] + pads[axes + axis] - (kernel[axis] - 1) * dilations[axis] - 1)
        // strides[axis]
        for axis in range(axes)
    )
    return tuple(max(0, place + 1) for place in places)


def _conv(inputs: Inputs, attributes: Attributes) -> Tensor:
    images, kernel = _first(inputs).shape, _at(inputs, 1).shape
    return Tensor((images[0], kernel[0], *_windows(images, kernel[2:], attributes)))


def _conv_work(inputs: Inputs, output: Tensor, attributes: Attributes) -> int:
    return output.size * math.prod(_at(inputs, 1).shape[1:])


def _pool(inputs: Inputs, attributes: Attributes) -> Tensor:
    shape = _first(inputs).shape
    return Tensor((*shape[:2], *_windows(shape, _list(attributes, "kernel_shape", []), attributes)))


def _pool_work(inputs: Inputs, output: Tensor, attributes: Attributes) -> int:
    return output.size * math.prod(_list(attributes, "kernel_shape", []))


def _global_pool(inputs: Inputs, attributes: Attributes) -> Tensor:
    shape = _first(inputs).shape
    return Tensor((*shape[:2], *(1 for _ in shape[2:])))


def _mat_mul(inputs: Inputs, attributes: Attributes) -> Tensor:
    left, right = _first(inputs).shape, _at(inputs, 1).shape
    wide, tall = (left if len(left) > 1 else (1, *left)), (right if len(right) > 1 else (*right, 1))
    if wide[-1] != tall[-2]:
        raise ValueError("matrices")
    rows, columns = wide[-2:-1] if len(left) > 1 else (), tall[-1:] if len(right) > 1 else ()
    return Tensor((*_broadcast_shapes(wide[:-2], tall[:-2]), *rows, *columns))


def _mat_mul_work(inputs: Inputs, output: Tensor, attributes: Attributes) -> int:
    return output.size * _first(inputs).shape[-1]


def _gemm(inputs: Inputs, attributes: Attributes) -> Tensor:
    left, right = _first(inputs).shape, _at(inputs, 1).shape
    rows, inner = left[::-1] if _whole(attributes, "transA", 0) else left
    other, columns = right[::-1] if _whole(attributes, "transB", 0) else right
    if inner != other:
        raise ValueError("matrices")
    return Tensor((rows, columns))


def _gemm_work(inputs: Inputs, output: Tensor, attributes: Attributes) -> int:
    return output.size * _first(inputs).shape[0 if _whole(attributes, "transA", 0) else 1]


def _reshape(inputs: Inputs, attributes: Attributes) -> Tensor:
    given, wanted = _first(inputs), _numbers(inputs, 1)
    if not _whole(attributes, "allowzero", 0):
        wanted = [given.shape[axis] if size == 0 else size for axis, size in enumerate(wanted)]
    if -1 in wanted:
        place = wanted.index(-1)
        wanted[place] = 1
        wanted[place] = given.size // math.prod(wanted)
    if math.prod(wanted) != given.size:
        raise ValueError("shape")
    return _known(wanted, None if given.value is None else given.value.reshape(wanted))


def _flatten(inputs: Inputs, attributes: Attributes) -> Tensor:
    shape = _first(inputs).shape
    axis = _whole(attributes, "axis", 1)
    axis = axis if axis == len(shape) else _axis(axis, len(shape))
    return Tensor((math.prod(shape[:axis]), math.prod(shape[axis:])))


def _squeeze(inputs: Inputs, attributes: Attributes) -> Tensor:
    given = _first(inputs)
    ones = [axis for axis, size in enumerate(given.shape) if size == 1]
    axes = {
        _axis(axis, len(given.shape)) for axis in _list(attributes, "axes", _numbers(inputs, 1, []) or ones)
    }
    if not axes <= set(ones):
        raise ValueError("axes")
    shape = [size for axis, size in enumerate(given.shape) if axis not in axes]
    return _known(shape, None if given.value is None else given.value.reshape(shape))


def _unsqueeze(inputs: Inputs, attributes: Attributes) -> Tensor:
    given = _first(inputs)
    axes = _list(attributes, "axes", _numbers(inputs, 1, []))
    total = len(given.shape) + len(axes)
    new = {_axis(axis, total) for axis in axes}
    sizes = iter(given.shape)
    shape = [1 if axis in new else next(sizes) for axis in range(total)]
    return _known(shape, None if given.value is None else given.value.reshape(shape))


def _transpose(inputs: Inputs, attributes: Attributes) -> Tensor:
    shape = _first(inputs).shape
    order = _list(attributes, "perm", list(range(len(shape)))[::-1])
    if sorted(order) != list(range(len(shape))):
        raise ValueError("perm")
    return Tensor(tuple(shape[axis] for axis in order))


def _concat(inputs: Inputs, attributes: Attributes) -> Tensor:
    parts = [_at(inputs, index) for index in range(len(inputs))]
    shape = list(parts[0].shape)
    axis = _axis(_whole(attributes, "axis", 0), len(shape))
    if any(
        (*part.shape[:axis], *part.shape[axis + 1 :]) != (*shape[:axis], *shape[axis + 1 :]) for part in parts
    ):
        raise ValueError("shapes")
    shape[axis] = sum(part.shape[axis] for part in parts)
    values = [part.value for part in parts if part.value is not None]
    return _known(shape, np.concatenate(values, axis) if len(values) == len(parts) else None)


def _gather(inputs: Inputs, attributes: Attributes) -> Tensor:
    data, indices = _first(inputs), _at(inputs, 1)
    axis = _axis(_whole(attributes, "axis", 0), len(data.shape))
    known = data.value is not None and indices.value is not None
    shape = (*data.shape[:axis], *indices.shape, *data.shape[axis + 1 :])
    return _known(shape, np.take(data.value, indices.value, axis) if known else None)  # type: ignore[arg-type]


def _slice(inputs: Inputs, attributes: Attributes) -> Tensor:
    given = _first(inputs)
    starts, ends = _numbers(inputs, 1), _numbers(inputs, 2)
    axes = _numbers(inputs, 3, list(range(len(starts))))
    steps = _numbers(inputs, 4, [1] * len(starts))
    cut = [slice(None)] * len(given.shape)
    for start, end, axis, step in zip(starts, ends, axes, steps, strict=True):
        cut[_axis(axis, len(cut))] = slice(start, end, step)
    shape = [len(range(*part.indices(size))) for part, size in zip(cut, given.shape, strict=True)]
    return _known(shape, None if given.value is None else given.value[tuple(cut)])


def _shape(inputs: Inputs, attributes: Attributes) -> Tensor:
    sizes = np.array(_first(inputs).shape, np.int64)
    sizes = sizes[_whole(attributes, "start", 0) : _whole(attributes, "end", MAX_AXES)]
    return Tensor(sizes.shape, sizes)


def _pad(inputs: Inputs, attributes: Attributes) -> Tensor:
    shape = list(_first(inputs).shape)
    pads, axes = _numbers(inputs, 1), _numbers(inputs, 3, list(range(len(shape))))
    befores, afters = pads[: len(axes)], pads[len(axes) :]
    for axis, before, after in zip(axes, befores, afters, strict=True):
        shape[_axis(axis, len(shape))] += before + after
    return Tensor(tuple(shape))


def _constant(inputs: Inputs, attributes: Attributes) -> Tensor:
    value = attributes.get("value")
    if not isinstance(value, Tensor):
        raise ValueError("value")
    return value


_ELEMENTWISE = """
    Abs Add And Clip Div Elu Equal Erf Exp Floor Gelu Greater GreaterOrEqual HardSigmoid HardSwish LeakyRelu
    Less LessOrEqual Log Max Mean Min Mul Neg Not Or Pow Reciprocal Relu Round Selu Sigmoid Sign Softplus Sqrt
    Sub Sum Tanh Where
"""
_REDUCTIONS = """
    ReduceL2 ReduceLogSumExp ReduceMax ReduceMean ReduceMin ReduceProd ReduceSum ReduceSumSquare
"""

# Arithmetic on tensors, without loops, branches, randomness, text, or sizes that depend on pixels.
OPERATORS: dict[str, Operator] = {
    **dict.fromkeys(_ELEMENTWISE.split(), Operator(_broadcast)),
    **dict.fromkeys(_REDUCTIONS.split(), Operator(_reduced)),
    **dict.fromkeys(("BatchNormalization", "LogSoftmax", "PRelu", "Softmax"), Operator(_same)),
    **dict.fromkeys(("AveragePool", "MaxPool"), Operator(_pool, _pool_work)),
    **dict.fromkeys(("GlobalAveragePool", "GlobalMaxPool"), Operator(_global_pool)),
    "ArgMax": Operator(_arg_max),
    "Cast": Operator(_cast),
    "Concat": Operator(_concat),
    "Constant": Operator(_constant),
    "Conv": Operator(_conv, _conv_work),
    "Flatten": Operator(_flatten),
    "Gather": Operator(_gather),
    "Gemm": Operator(_gemm, _gemm_work),
    "Identity": Operator(_pass_on),
    "MatMul": Operator(_mat_mul, _mat_mul_work),
    "Pad": Operator(_pad),
    "Reshape": Operator(_reshape),
    "Shape": Operator(_shape),
    "Slice": Operator(_slice),
    "Squeeze": Operator(_squeeze),
    "Transpose": Operator(_transpose),
    "Unsqueeze": Operator(_unsqueeze),
}
