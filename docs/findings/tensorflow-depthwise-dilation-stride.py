import os

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
import warnings

import numpy as np
import tensorflow as tf

warnings.simplefilter("ignore")
x = np.arange(1.0, 9).reshape(1, 8, 1, 1)
w = np.ones((2, 1, 1, 1))
print("conv2d          ", tf.nn.conv2d(x, w, 2, "VALID", dilations=(2, 1)).numpy().ravel())
print("depthwise_conv2d", tf.nn.depthwise_conv2d(x, w, (1, 2, 2, 1), "VALID", dilations=(2, 1)).numpy().ravel())
