import numpy as np
import onnx
from onnx.reference import ReferenceEvaluator

x = np.zeros((1, 1, 3, 4), np.float32)
x[0, 0, 2, 2] = 1  # element 10 of 12
MODEL = """<ir_version: 10, opset_import: ["" : 22]>
call (float[1, 1, 3, 4] x) => (int64[M] i) {
 y, i = MaxPool <kernel_shape = [2, 3]> (x)
}"""
print(ReferenceEvaluator(onnx.parser.parse_model(MODEL)).run(None, {"x": x})[0].tolist())
