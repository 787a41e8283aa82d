import math

import torch
import torch.nn.functional as F

for dtype in (torch.float32, torch.bfloat16):
    x = torch.zeros(1, 1, 1, 8, dtype=dtype)
    x[..., 4] = math.nan
    print(dtype, F.conv2d(x, torch.ones(1, 1, 1, 1, dtype=dtype), stride=3).flatten().tolist())
