import torch
import torch.nn.functional as F

for samples in (1, 0):
    try:
        y = F.conv_transpose1d(torch.ones(samples, 1, 1), torch.ones(1, 1, 1), output_padding=7)
        print(samples, "->", tuple(y.shape))
    except RuntimeError as error:
        print(samples, "->", str(error)[:65])
