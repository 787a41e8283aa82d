import os

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
import tensorflow as tf

x = tf.zeros((0, 4, 4, 2))
print("max_pool2d", tf.nn.max_pool2d(x, 2, 1, "VALID").shape)
try:
    print("max_pool_with_argmax", tf.nn.max_pool_with_argmax(x, 2, 1, "VALID").output.shape)
except tf.errors.InvalidArgumentError as error:
    print("max_pool_with_argmax", error.message.partition("}} ")[2].partition(" [")[0])
