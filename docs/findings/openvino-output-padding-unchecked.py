import numpy as np
import openvino as ov
from openvino import opset16 as ops

x, w = ops.parameter([1, 1, 2], ov.Type.f32), ops.parameter([1, 1, 1], ov.Type.f32)
ones = [np.ones((1, 1, 2), np.float32), np.ones((1, 1, 1), np.float32)]
for output_padding in (0, 1, 5):
    options = {"pads_begin": [0], "pads_end": [0], "dilations": [1], "auto_pad": "explicit"}
    y = ops.convolution_backprop_data(x, w, [1], output_padding=[output_padding], **options)
    print(output_padding, ov.compile_model(ov.Model([y], [x, w], "call"), "CPU")(ones)[0])
