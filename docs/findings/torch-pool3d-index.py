import math

import torch
import torch.nn.functional as F

x = torch.full((1, 2, 2, 2, 1), -math.inf)
for name, memory in (("contiguous", torch.contiguous_format), ("channels last", torch.channels_last_3d)):
    _, indices = F.max_pool3d(x.to(memory_format=memory), 1, return_indices=True)
    print(name, indices.flatten().tolist())
