import os

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
import numpy as np
import tensorflow as tf

for values in ([np.nan, 1], [1, np.nan]):
    x = np.array(values, np.float32).reshape(1, 1, 2, 1)
    y, at = tf.nn.max_pool_with_argmax(x, (1, 2), 1, "VALID")
    print(
        values,
        y.numpy().ravel(),
        at.numpy().ravel(),
        "max_pool2d",
        tf.nn.max_pool2d(x, (1, 2), 1, "VALID").numpy().ravel(),
    )
