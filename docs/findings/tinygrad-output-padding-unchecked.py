import os

os.environ["DEV"] = "PYTHON"  # the same with DEV=CPU, which needs clang
from tinygrad import Tensor

x, w = Tensor.ones(1, 1, 2), Tensor.ones(1, 1, 1)
for extra in (-1, 0, 1, 3):
    y = x.conv_transpose2d(w, stride=2, output_padding=extra)
    print("output_padding", extra, y.reshape(-1).tolist())
