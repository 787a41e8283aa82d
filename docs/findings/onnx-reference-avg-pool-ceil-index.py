import numpy as np
import onnx
from onnx.reference import ReferenceEvaluator

x = np.ones((1, 1, 1), np.float32)
MODEL = """<ir_version: 10, opset_import: ["" : 22]>
call (float[1, 1, 1] x) => (float[M] y) {
 y = AveragePool <kernel_shape = [1], pads = [0, 1], ceil_mode = 1> (x)
}"""
try:
    print(ReferenceEvaluator(onnx.parser.parse_model(MODEL)).run(None, {"x": x})[0].tolist())
except Exception as error:
    print(f"{type(error).__name__}: {error}")
