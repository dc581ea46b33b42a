"""Writes test/golden/fidelity.json, what the product's model is compared with: python -m backfire_lab.golden_fidelity

For each text marked `fidelity` in test/golden/texts.jsonl, from the fp32 reference in torch: at some positions the most
likely tokens with their log-probabilities, and resid L; and for some texts the gradient products of the text with its
own second half, asked after a neutral context. Numbers are little-endian float32 (float16 for residuals) in base64.
"""

from __future__ import annotations

import base64
import json
from pathlib import Path

import numpy as np
import torch

from tokenizers import Tokenizer

from backfire_lab.build_pack import PACK, ROOT
from backfire_lab.reference import forward, gradient_products, load_reference

POSITIONS, LIKELIEST, KERNEL_TEXTS = 6, 32, 12
CONTEXT = "```text\n"
GOLDEN = ROOT / "test" / "golden"


def base64_of(array, dtype: str) -> str:
    return base64.b64encode(np.ascontiguousarray(array, dtype=dtype).tobytes()).decode()


def lines(path: Path) -> list[dict]:
    return [json.loads(line) for line in path.read_text().splitlines()]


def main() -> None:
    torch.set_num_threads(2)
    pack = json.loads((PACK / "pack.json").read_text())
    model = load_reference(PACK)
    context = Tokenizer.from_file(str(PACK / "tokenizer.json")).encode(CONTEXT, add_special_tokens=False).ids
    ids_of = {row["id"]: row["ids"] for row in lines(GOLDEN / "tokens.jsonl")}
    chosen = [row["id"] for row in lines(GOLDEN / "texts.jsonl") if row.get("fidelity")]
    rows = []
    for number, name in enumerate(chosen):
        ids = ids_of[name]
        run = forward(model, ids)
        positions = np.linspace(1, len(ids) - 1, POSITIONS).astype(int)
        top = run.log_probabilities[positions].topk(LIKELIEST, dim=-1)
        row = {
            "id": name,
            "positions": positions.tolist(),
            "likeliest": base64_of(top.indices, "<i4"),
            "logProbabilities": base64_of(top.values, "<f4"),
            "residual": base64_of(run.residuals[pack["layer"]][positions], "<f2"),
        }
        if number < KERNEL_TEXTS:
            half = len(ids) // 2
            query = context + ids[half:]
            products = gradient_products(model, ids, query, len(context), pack["kernel"]["layer"])
            row["query"] = {"from": half, "products": base64_of(products, "<f4")}
        rows.append(row)
    content = {"layer": pack["layer"], "positions": POSITIONS, "likeliest": LIKELIEST, "context": context, "texts": rows}
    (GOLDEN / "fidelity.json").write_text(json.dumps(content) + "\n")
    print(f"{len(rows)} texts, {(GOLDEN / 'fidelity.json').stat().st_size / 1e3:.0f} kB")


if __name__ == "__main__":
    main()
