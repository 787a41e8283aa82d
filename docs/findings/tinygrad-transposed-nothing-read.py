import os

os.environ["DEV"] = "CPU"  # needs clang
from tinygrad import Tensor

x, w = Tensor([[[[1.0], [2.0]]]]), Tensor([[[[1.0, 1.0], [1.0, 1.0]]]])
y = x.conv_transpose2d(w, stride=2, padding=(1, 1, 0, 0), dilation=(1, 3))
print("outputs that read nothing:", y.tolist())
for _ in range(2):
    print("gradient by the weights:", y.gradient(w, gradient=Tensor.ones(*y.shape))[0].tolist())
    other = (Tensor.ones(1, 1, 2, 2).contiguous() * 7).realize()
    del other
x, w = Tensor([[[1.0, 2.0]]]), Tensor([[[1.0, 1.0]]])
y = x.conv_transpose2d(w, padding=(3, 2), dilation=5)
try:
    print(y.tolist())
except ValueError as error:
    print(y.shape, "ValueError:", error)
x, w = Tensor.ones(1, 2, 2, 1), Tensor.ones(2, 1, 1, 5)
y = x.conv_transpose2d(w, stride=2, padding=(2, 3, 1, 2), output_padding=1)
other = (Tensor.ones(*y.shape).contiguous() * 7).realize()
del other
print("two channels, an output that reads nothing:", y.tolist())
