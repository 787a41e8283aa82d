import os

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
import tensorflow as tf

for mode in ("CONSTANT", "SYMMETRIC", "REFLECT"):
    try:
        print(mode, tf.pad(tf.zeros((0, 4, 2)), [[0, 0], [1, 1], [0, 0]], mode).shape)
    except tf.errors.InvalidArgumentError as error:
        print(mode, error.message.partition("}} ")[2].partition(" [")[0])
