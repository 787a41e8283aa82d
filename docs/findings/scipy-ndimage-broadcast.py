import numpy as np
from scipy import ndimage

x, k = np.broadcast_to(1.0, 5), np.array([0.0, 1.0, 2.0])
for name, array in (("broadcast", x), ("copied", x.copy())):
    print(name, ndimage.correlate(array, k, mode="constant"), ndimage.convolve(array, k, mode="nearest"))
