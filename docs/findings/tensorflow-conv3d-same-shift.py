import os

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
import numpy as np
import tensorflow as tf

x = np.arange(9.0)
print(
    "conv3d float64",
    tf.nn.conv3d(x.reshape(1, 1, 1, 9, 1), np.ones((1, 1, 1, 1, 1)), (1, 1, 1, 3, 1), "SAME").numpy().ravel(),
)
print(
    "conv2d float64", tf.nn.conv2d(x.reshape(1, 1, 9, 1), np.ones((1, 1, 1, 1)), (1, 1, 3, 1), "SAME").numpy().ravel()
)
x = x.astype(np.float32)
w = np.ones((1, 1, 1, 1, 1), np.float32)
print("conv3d float32", tf.nn.conv3d(x.reshape(1, 1, 1, 9, 1), w, (1, 1, 1, 3, 1), "SAME").numpy().ravel())
