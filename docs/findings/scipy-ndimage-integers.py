import numpy as np
from scipy import ndimage, signal

for value, factor, kind in ((2**53 + 1, 1, np.int64), (2**31 - 1, 2, np.int32)):
    x, k = np.array([value], kind), np.array([factor], kind)
    print("ndimage", ndimage.correlate(x, k, mode="constant"), "signal", signal.correlate(x, k, method="direct"))
