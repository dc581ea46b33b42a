"""The pack's autoencoder through sae-lens on torch, as a contender of `npm run bench`.

    python sae_lens_peer.py PACK RESIDUAL THREADS    RESIDUAL: float32 [tokens, hidden], raw

Encodes them at each line of standard input, and answers with the number of active latents.
"""

from __future__ import annotations

import sys

import numpy as np
import torch
from sae_lens import SAE


@torch.no_grad()
def main() -> None:
    pack, residual, threads = sys.argv[1:]
    torch.set_num_threads(int(threads))
    sae = SAE.load_from_disk(pack)
    rows = torch.from_numpy(np.fromfile(residual, dtype=np.float32)).reshape(-1, sae.cfg.d_in)
    for _ in sys.stdin:
        # As sparse as the product has them: dense ones nobody could pass on.
        print(sae.encode(rows).nonzero().shape[0], flush=True)


if __name__ == "__main__":
    main()
