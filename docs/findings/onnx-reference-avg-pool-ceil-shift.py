import numpy as np
import onnx
from onnx.reference import ReferenceEvaluator

x = np.ones((1, 1, 6), np.float32)
MODEL = """<ir_version: 10, opset_import: ["" : 22]>
call (float[1, 1, 6] x) => (float[M] y) {
 y = AveragePool <kernel_shape = [4], strides = [4], ceil_mode = 1, count_include_pad = 1> (x)
}"""
print(ReferenceEvaluator(onnx.parser.parse_model(MODEL)).run(None, {"x": x})[0].tolist())
