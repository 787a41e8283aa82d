import os

os.environ["DEV"] = "PYTHON"  # the same with DEV=CPU, which needs clang
from tinygrad import Tensor

x = Tensor([float("nan"), -1.0, 2.0])
print("relu", x.relu().tolist(), "maximum", x.maximum(0).tolist(), "relu6", x.relu6().tolist())
