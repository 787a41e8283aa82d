import os

os.environ["DEV"] = "PYTHON"  # the same with DEV=CPU, which needs clang
from tinygrad import Tensor

x, w = Tensor([[[1.0, 2.0, 3.0]]]), Tensor([[[1.0]]])
for name in ("conv2d", "conv_transpose2d"):
    for stride in ((1,), (1, 1), (1, 5)):
        try:
            print(name, stride, getattr(x, name)(w, stride=stride).tolist())
        except Exception as error:
            print(name, stride, type(error).__name__)
print("output_padding (1, 5)", x.conv_transpose2d(w, output_padding=(1, 5)).tolist())
