import os

os.environ["DEV"] = "PYTHON"  # the same with DEV=CPU, which needs clang
from tinygrad import Tensor

x, w = Tensor.ones(1, 1, 2, 3).contiguous(), Tensor.ones(1, 1, 2, 2).contiguous()
y = x.conv_transpose2d(w)
g = [[[[float("nan") if (i, j) == (0, 0) else 1.0 for j in range(4)] for i in range(3)]]]
print(y.gradient(w, gradient=Tensor(g))[0].tolist())
