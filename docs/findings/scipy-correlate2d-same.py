import numpy as np
from scipy import signal

x, k = np.array([[1.0, 2.0, 3.0]]), np.array([[1.0, 10.0]])
print("full       ", signal.correlate(x, k, mode="full"))
print("correlate2d", signal.correlate2d(x, k, mode="same"))
print("correlate  ", signal.correlate(x, k, mode="same"))
