import numpy as np
import onnx
from onnx.reference import ReferenceEvaluator

x = np.full((1, 1, 2, 2), -5, np.int8)
MODEL = """<ir_version: 10, opset_import: ["" : 22]>
call (int8[1, 1, 2, 2] x) => (int8[M] y) {
 y = MaxPool <kernel_shape = [2, 2], pads = [1, 1, 1, 1]> (x)
}"""
try:
    print(ReferenceEvaluator(onnx.parser.parse_model(MODEL)).run(None, {"x": x})[0].tolist())
except Exception as error:
    print(f"{type(error).__name__}: {error}")
