"""The type of large products whose rounding does not matter: bfloat16 halves their time where the processor multiplies it."""

import backfire_lab.before_torch  # noqa: F401, I001
import torch

ROUGH = torch.bfloat16 if torch.cpu.get_capabilities().get("avx512_bf16") else torch.float32
