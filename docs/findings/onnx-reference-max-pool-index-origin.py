import numpy as np
import onnx
from onnx.reference import ReferenceEvaluator

x = np.arange(8, dtype=np.float32).reshape(1, 2, 4)
MODEL = """<ir_version: 10, opset_import: ["" : 22]>
call (float[1, 2, 4] x) => (int64[M] i, int64[K] j) {
 y, i = MaxPool <kernel_shape = [2]> (x)
 z, j = MaxPool <kernel_shape = [2], strides = [2]> (x)
}"""
for y in ReferenceEvaluator(onnx.parser.parse_model(MODEL)).run(None, {"x": x}):
    print(y.tolist())
