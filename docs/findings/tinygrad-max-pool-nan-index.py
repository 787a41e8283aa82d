import os

os.environ["DEV"] = "PYTHON"  # the same with DEV=CPU, which needs clang
from tinygrad import Tensor

nan = float("nan")
y, at = Tensor([[[nan, 1.0, 2.0]]]).max_pool2d((3,), return_indices=True)
print("values", y.tolist(), "indices", at.tolist())
try:
    print("unpooled", y.max_unpool2d(at, (3,), output_size=(1, 1, 3)).tolist())
except Exception as error:
    print(type(error).__name__)
