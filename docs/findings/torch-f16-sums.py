import torch

g = torch.tensor([[[0, 1, -78]]], dtype=torch.float16)
w = torch.tensor([[[-77, 52]]], dtype=torch.float16)
print("float16:", torch.nn.grad.conv1d_input((1, 1, 4), w, g)[0, 0, 2].item())
exact = torch.nn.grad.conv1d_input((1, 1, 4), w.double(), g.double())[0, 0, 2]
print("exact:", exact.item(), "rounded once:", exact.half().item())
