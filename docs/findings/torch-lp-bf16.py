import torch
import torch.nn.functional as F

x = torch.tensor([[[[-9.0], [-21.0]]]])
exact = F.lp_pool2d(x.double(), 2, (2, 1)).item()
print("bfloat16", F.lp_pool2d(x.bfloat16(), 2, (2, 1)).item())
print("exact", exact, "rounded once", torch.tensor(exact).bfloat16().item())
