import numpy as np
import onnx
from onnx.reference import ReferenceEvaluator

x = np.ones((1, 1, 3, 3), np.float32)
MODEL = """<ir_version: 10, opset_import: ["" : 22]>
call (float[1, 1, 3, 3] x) => (float[M] y) {
 y = MaxPool <kernel_shape = [2, 2], pads = [1, 0, 1, 0]> (x)
}"""
print(ReferenceEvaluator(onnx.parser.parse_model(MODEL)).run(None, {"x": x})[0].shape)
