import numpy as np
import openvino as ov
from openvino import opset16 as ops


def run(kind, n):
    """A convolution with a kernel of 1 and a bias, on n numbers."""
    x, w, b = (ops.parameter(shape, kind) for shape in ([1, 1, n], [1, 1, 1], [1, 1, 1]))
    model = ov.Model([ops.add(ops.convolution(x, w, [1], [0], [0], [1]), b)], [x, w, b], "call")
    ones = [np.ones(p.shape, kind.to_dtype()) for p in (x, w, b)]
    return ov.compile_model(model, "CPU")(ones)[0]


for kind, n in ((ov.Type.u8, 2), (ov.Type.i8, 1), (ov.Type.u8, 1)):
    try:
        print(kind.get_type_name(), n, run(kind, n))
    except RuntimeError as error:
        print(kind.get_type_name(), n, str(error).splitlines()[-1] or str(error).strip().splitlines()[-1])
