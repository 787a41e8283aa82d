import tensorflow as tf

x, w = tf.zeros((1, 4, 4, 2)), tf.zeros((2, 2, 2, 1))
for dilations in ([1, 1], [1, 1, 1], [1]):
    print(dilations, tf.nn.depthwise_conv2d(x, w, [1, 1, 1, 1], "VALID", dilations=dilations).shape)
