import math

import torch
import torch.nn.functional as F

x = torch.tensor([[[math.nan, math.nan, 1.0]]])
print("max_pool1d", F.max_pool1d(x, 3, return_indices=True)[1].item())
print("max", x.max(-1).indices.item(), "argmax", x.argmax().item())
print("ties", F.max_pool1d(torch.ones(1, 1, 3), 3, return_indices=True)[1].item())
