"""Does a trained stage beat the rules where only prose can judge a block of code? Each source is judged unseen.

    node …/proseExamples.mjs CORPORA EXAMPLES.jsonl [MORE.jsonl …]      (bench/proseExamples.ts, bundled)
    python -m backfire_lab.prose_stage EXAMPLES.jsonl [--residuals FILE.npy] [--seed 7] [--output FILE]

An example is one block of code with the features that the product would compute (`places`, `values`), the rules'
probability (`rules`) and its label. Self-written lead-ins are trained on, never judged. `FILE.npy` caches the mean
residuals [examples, 3, hidden] of lead, code and following prose at LAYER; it is computed where it is not there.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
from scipy import sparse
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.preprocessing import StandardScaler

FEATURES = 1 << 14  # featureBits in src/analysis/frames/proseFeatures.ts
LAYER = 16
PACK = Path(__file__).parents[2] / "models" / "smollm2-135m-instruct"

Features = np.ndarray | sparse.csr_matrix
Maker = Callable[[np.ndarray, np.ndarray], tuple[Features, Features]]


def mean_residuals(examples: list[dict]) -> np.ndarray:
    """float32 [examples, 3, hidden]: means of resid LAYER over the lead-in, the code and the prose after it."""
    import torch
    from transformers import PreTrainedTokenizerFast

    from backfire_lab.reference import load_reference

    model = load_reference(PACK)
    model.model.layers = model.model.layers[:LAYER]
    model.model.norm = torch.nn.Identity()
    tokenizer = PreTrainedTokenizerFast(tokenizer_file=str(PACK / "tokenizer.json"))
    ids_of = lambda text: tokenizer(text, add_special_tokens=False)["input_ids"] if text else []
    means = np.zeros((len(examples), 3, model.config.hidden_size), np.float32)
    with torch.no_grad():
        for row, example in enumerate(examples):
            code = f"```\n{example['code'][:500]}\n```\n" if example["code"] else ""
            lead = ids_of(example["text"][-900:] + "\n\n")[-200:] or [0]
            parts = [lead, ids_of(code)[:120], ids_of(example["next"][:200])[:40]]
            states = model.model(torch.tensor([sum(parts, [])]), use_cache=False).last_hidden_state[0].numpy()
            at = 0
            for index, part in enumerate(parts):
                skip = 1 if index == 0 and len(part) > 1 else 0  # the first token's state is like no other
                if part:
                    means[row, index] = states[at + skip : at + len(part)].mean(0)
                at += len(part)
    return means


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("examples", type=Path)
    parser.add_argument("--residuals", type=Path)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--output", type=Path)
    options = parser.parse_args()

    examples = [json.loads(line) for line in options.examples.read_text(encoding="utf-8").splitlines()]
    column = lambda name: np.array([example[name] for example in examples])
    warned, sources, folders, rules = column("warned"), column("source"), column("folder"), column("rules")
    ends = np.cumsum([0] + [len(example["places"]) for example in examples])
    flat = lambda name: np.concatenate([example[name] for example in examples])
    text = sparse.csr_matrix((flat("values"), flat("places").astype(int), ends), shape=(len(examples), FEATURES))
    judged = folders != "lead-ins"

    def held_out(make: Maker, c: float) -> np.ndarray:
        scores = np.zeros(len(examples))
        for source in np.unique(sources[judged]):
            test = np.flatnonzero((sources == source) & judged)
            train = np.flatnonzero((sources != source) & (folders != "more"))
            features = make(train, test)
            model = LogisticRegression(C=c, solver="liblinear", tol=1e-3, random_state=options.seed).fit(features[0], warned[train])
            scores[test] = model.predict_proba(features[1])[:, 1]
        return scores

    def figures(scores: np.ndarray) -> dict:
        result = {}
        corpora = np.isin(folders, ["dev", "contrast"])
        for name, which in {"corpora": corpora, "stress set": folders == "stress", "unseen set": folders == "more"}.items():
            if not which.any():
                continue
            flagged, truth = scores[which] >= 0.5, warned[which]
            hits = int((flagged & truth).sum())
            result[name] = {
                "n": int(which.sum()),
                "warned": int(truth.sum()),
                "auc": round(float(roc_auc_score(truth, scores[which])), 3),
                "f1": round(2 * hits / max(1, int(flagged.sum() + truth.sum())), 3),
                "recall": round(hits / max(1, int(truth.sum())), 3),
                "precision": round(hits / max(1, int(flagged.sum())), 3),
            }
        return result

    text_only: Maker = lambda train, test: (text[train], text[test])
    results = {"rules": figures(rules)}
    for c in (0.3, 1.0, 3.0, 10.0):
        results[f"text, C {c}"] = figures(held_out(text_only, c))
    if options.residuals is not None:
        if not options.residuals.exists():
            np.save(options.residuals, mean_residuals(examples))
        means = np.load(options.residuals)

        def scaled(parts: list[int], beside: sparse.csr_matrix | None = None) -> Maker:
            dense = means[:, parts].reshape(len(examples), -1)

            def make(train: np.ndarray, test: np.ndarray) -> tuple[Features, Features]:
                scaler = StandardScaler().fit(dense[train])
                both = [scaler.transform(dense[part]) * 3 / np.sqrt(dense.shape[1]) for part in (train, test)]
                if beside is None:
                    return both[0], both[1]
                joined = [sparse.hstack([part, beside[rows]]).tocsr() for part, rows in zip(both, (train, test))]
                return joined[0], joined[1]

            return make

        bounded = np.clip(rules, 0.01, 0.99)
        log_odds = sparse.csr_matrix(np.log(bounded / (1 - bounded))[:, None])

        for c in (0.1, 0.3, 1.0, 3.0):
            results[f"residuals of the lead-in, C {c}"] = figures(held_out(scaled([0]), c))
            results[f"residuals of lead-in and code, C {c}"] = figures(held_out(scaled([0, 1]), c))
            results[f"text and residuals of the lead-in, C {c}"] = figures(held_out(scaled([0], text), c))
            results[f"rules and residuals of lead-in and code, C {c}"] = figures(held_out(scaled([0, 1], log_odds), c))
    for name, each in results.items():
        print(name.ljust(44), {part: (f["auc"], f["f1"]) for part, f in each.items()})
    if options.output is not None:
        saved = {"seed": options.seed, "layer": LAYER, "features": FEATURES, "results": results}
        options.output.write_text(json.dumps(saved, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
