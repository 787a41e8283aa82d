import torch
import torch.nn.functional as F

x, w = torch.tensor([[[1.0, 2.0, 3.0]]]), torch.ones(1, 1, 2)
for dilation in (2**32, 2**63 - 1):
    try:
        print(dilation, F.conv1d(x, w, dilation=dilation).flatten().tolist())
    except RuntimeError as error:
        print(dilation, str(error)[:56])
