import os

os.environ["DEV"] = "PYTHON"  # the same with DEV=CPU, which needs clang
from tinygrad import Tensor

x, w = Tensor.zeros(1, 1, 2).contiguous(), Tensor.zeros(4, 1, 1).contiguous()
for count in (1, 2, 4):
    try:
        print("bias of", count, x.conv2d(w, Tensor.ones(count)).reshape(-1).tolist())
    except Exception as error:
        print("bias of", count, type(error).__name__)
