import torch
import torch.nn.functional as F

print(F.avg_pool2d(torch.ones(1, 1, 1, 1), (2, 1), 1, (1, 0)).tolist())
try:
    print(F.avg_pool3d(torch.ones(1, 1, 1, 1, 1), (2, 1, 1), 1, (1, 0, 0)).tolist())
except RuntimeError as error:
    print(error)
