import torch
import torch.nn.functional as F

calls = {
    "conv1d": lambda: F.conv1d(torch.ones(1, 1, 1), torch.ones(1, 1, 1), dilation=0),
    "conv1d, no sample": lambda: F.conv1d(torch.ones(0, 1, 1), torch.ones(1, 1, 1), dilation=0),
    "conv_transpose1d, bfloat16": lambda: F.conv_transpose1d(
        torch.ones(1, 1, 1).bfloat16(), torch.ones(1, 1, 1).bfloat16(), dilation=0
    ),
    "conv1d_input": lambda: torch.nn.grad.conv1d_input((2, 1, 1), torch.ones(1, 1, 1), torch.ones(2, 1, 1), dilation=0),
}
for name, call in calls.items():
    try:
        print(f"{name}: {tuple(call().shape)}")
    except RuntimeError as error:
        print(f"{name}: {error}")
