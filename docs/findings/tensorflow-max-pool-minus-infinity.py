import os

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
import numpy as np
import tensorflow as tf

x = np.full((1, 2, 2, 1), -np.inf, np.float32)
print("max_pool2d            ", tf.nn.max_pool2d(x, 2, 1, "VALID").numpy().ravel())
print("max_pool_with_argmax  ", tf.nn.max_pool_with_argmax(x, 2, 1, "VALID").output.numpy().ravel())
print("reduce_max            ", tf.reduce_max(x).numpy())
x[:] = np.nan
print("max_pool2d of NaN     ", tf.nn.max_pool2d(x, 2, 1, "VALID").numpy().ravel())
