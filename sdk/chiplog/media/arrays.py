"""Arrays of numpy, torch, TensorFlow and JAX as numpy arrays, known by what they can do. It imports none of them."""

from typing import Any


def plain(data: Any) -> Any:
    """The numpy array of any array-like object; on the CPU and without a gradient."""
    for step in ("detach", "cpu", "numpy"):
        if hasattr(data, step):
            data = getattr(data, step)()
    if not hasattr(data, "ndim") and hasattr(data, "__array__"):
        data = data.__array__()
    return data


def is_torch(data: Any) -> bool:
    """Whether it is a tensor of torch, whose pictures have their channels first."""
    return type(data).__module__.partition(".")[0] == "torch"


def bytes_of_image(data: Any) -> Any:
    """Pixels as 8-bit integers: floats between 0 and 1 are scaled, everything else is cast."""
    if data.dtype.kind == "b":
        return data.astype("uint8") * 255
    if data.dtype.kind == "f" and data.size and float(data.min()) >= 0.0 and float(data.max()) <= 1.0:
        data = (data * 255).round()
    return data.astype("uint8")
