import subprocess
import sys

CALL = """
import torch
import torch.nn.functional as F
x = torch.tensor([[[1.0, 2.0, 3.0]]])
print(F.max_pool1d(x, {}).flatten().tolist())
"""
for arguments in ("2, dilation=4", "2, dilation=2**62", "2**63 - 1"):
    ended = subprocess.run([sys.executable, "-c", CALL.format(arguments)], capture_output=True, text=True, check=False)
    error = ended.stderr.strip().rpartition("\n")[2][:60]
    print(f"max_pool1d(x, {arguments}): exit status {ended.returncode} {ended.stdout.strip() or error}")
