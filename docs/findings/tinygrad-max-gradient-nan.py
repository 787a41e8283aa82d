import numpy as np
from tinygrad import Tensor

x = Tensor(np.array([[[1.0, np.nan, 2.0, 0.0, 5.0, 1.0]]], np.float32))
y = x.max_pool2d((3,), 1)
print("forward", y.numpy().ravel().tolist())
print("gradient", y.sum().gradient(x)[0].numpy().ravel().tolist())
