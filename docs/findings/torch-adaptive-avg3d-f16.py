import torch
import torch.nn.functional as F

x = torch.tensor([3, 1024, 3, 2, 1024, 7], dtype=torch.float16)
print("3d", F.adaptive_avg_pool3d(x.reshape(1, 1, 2, 1, 3), (1, 1, 2)).flatten().tolist())
print("2d", F.adaptive_avg_pool2d(x.reshape(1, 1, 2, 3), (1, 2)).flatten().tolist())
