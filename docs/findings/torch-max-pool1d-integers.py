import torch
import torch.nn.functional as F

x = torch.tensor([[[1, 3, 2, 0]]])
for indices in (True, False):
    try:
        y = F.max_pool1d(x, 2, return_indices=indices)
        print("indices", indices, (y[0] if indices else y).tolist())
    except NotImplementedError as error:
        print("indices", indices, error)
