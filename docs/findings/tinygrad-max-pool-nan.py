import os

os.environ["DEV"] = "PYTHON"  # the same with DEV=CPU, which needs clang
from tinygrad import Tensor

nan = float("nan")
for values in ([nan, 1.0, 2.0], [1.0, nan, 2.0], [1.0, 2.0, nan]):
    print(values, Tensor([[values]]).max_pool2d((3,)).tolist(), "max", Tensor(values).max().item())
