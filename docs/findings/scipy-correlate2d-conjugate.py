import numpy as np
from scipy import signal

x, k = np.array([[1j]]), np.array([[1, 2]], complex)
print("correlate2d", signal.correlate2d(x, k, mode="valid").tolist())
print("correlate  ", signal.correlate(x, k, mode="valid", method="direct").tolist())
