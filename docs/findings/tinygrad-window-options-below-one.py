import os

os.environ["DEV"] = "PYTHON"  # the same with DEV=CPU, which needs clang
from tinygrad import Tensor

x, w = Tensor([[[1.0, 2.0, 3.0]]]), Tensor([[[1.0, 1.0]]])
print("dilation 0 ", x.conv2d(w, dilation=0).tolist())
print("dilation -1", x.conv2d(w, dilation=-1).tolist())
print("window of 0", x.max_pool2d((0,), 1).tolist())
print("stride -1  ", x.conv_transpose2d(w, stride=-1).tolist())
