import numpy as np
from tinygrad import Tensor

for shape in ((1, 1, 3, 3), (1, 1, 5, 6)):
    x = Tensor(np.full(shape, -0.0, np.float32))
    for mode in ("circular", "replicate", "reflect"):
        signs = np.signbit(x.pad((1, 2, 1, 2), mode).numpy())
        print(shape, mode, "minus signs kept", signs.sum().item(), "of", signs.size)
