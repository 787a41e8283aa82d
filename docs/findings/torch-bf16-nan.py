import math

import torch
import torch.nn.functional as F

for dtype in (torch.float32, torch.bfloat16):
    x = torch.zeros(1, 1, 1, 8, dtype=dtype)
    x[..., 4] = math.nan
    print(dtype, F.conv2d(x, torch.ones(1, 1, 1, 1, dtype=dtype), stride=3).flatten().tolist())

torch.set_num_threads(1)
x = torch.tensor([[[[0.0, 0.0, 0.0, 0.0, math.nan]]]], dtype=torch.bfloat16)
print("transposed", F.conv_transpose2d(x, torch.ones(1, 1, 1, 1, dtype=x.dtype), stride=(2, 1)).flatten().tolist())
