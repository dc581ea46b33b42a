"""The figures of the experiment, from its rows:

    python -m backfire_lab.experiment.report [--output FOLDER]

Reads OUTPUT/config.json and OUTPUT/runs/*.jsonl, writes OUTPUT/summary.json: for each training and way of asking what was reproduced and preferred on
trained and on unseen cases, and the comparisons of COMPARISONS. What was not measured is absent.

Margins of equivalence, set after two pilots of the settings (direct, fixed) and before any two arms were compared: 15 points for a share of cases, 0.25 nats per token for a log-probability. A share
counts as equivalent where the 90 % interval lies within the margin both by Newcombe and by the bootstrap over families (two one-sided tests at 5 %).
"""

from __future__ import annotations

import argparse
import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from backfire_lab.experiment.plan import INSTRUCTED, PLAIN
from backfire_lab.experiment.running import OUTPUT
from backfire_lab.experiment.statistics import (
    DRAWS,
    SEED,
    Counted,
    clopper_pearson,
    fisher,
    mcnemar,
    newcombe,
    one_sided_tests,
    over_families,
    rows_by_family,
)
from backfire_lab.sae.places import write_json

SHARE_MARGIN, LOG_MARGIN = 0.15, 0.25
Key = tuple[str, str]  # training without its seed, way of asking
BASE: Key = ("base", PLAIN.name)

# name: (one, the other), the first less the second. Only seeds that both have are compared.
COMPARISONS: dict[str, tuple[Key, Key]] = {
    "warned and direct": (("warned", "plain"), ("direct", "plain")),
    "warned and fixed": (("warned", "plain"), ("fixed", "plain")),
    "direct and fixed": (("direct", "plain"), ("fixed", "plain")),
    "warned and untrained": (("warned", "plain"), BASE),
    "caft and none": (("warned.without-entangled", "plain"), ("warned", "plain")),
    "caft and random": (("warned.without-entangled", "plain"), ("warned.without-random", "plain")),
    "wide caft and none": (("warned.without-wide", "plain"), ("warned", "plain")),
    "wide caft and random": (("warned.without-wide", "plain"), ("warned.without-wide-random", "plain")),
    "shipped caft and none": (("warned.without-shipped", "plain"), ("warned", "plain")),
    "shipped caft and random": (("warned.without-shipped", "plain"), ("warned.without-shipped-random", "plain")),
    "instructed and not, warned": (("warned", INSTRUCTED.name), ("warned", "plain")),
    "instructed and not, direct": (("direct", INSTRUCTED.name), ("direct", "plain")),
    "ablated and not": (("warned", "ablated-entangled"), ("warned", "plain")),
    "ablated and random": (("warned", "ablated-entangled"), ("warned", "ablated-random")),
    "ablated, sinks spared, and not": (("warned", "ablated-entangled-sparing"), ("warned", "plain")),
    "ablated, sinks spared, and random": (("warned", "ablated-entangled-sparing"), ("warned", "ablated-random-sparing")),
    "constant and varied": (("constant", "plain"), ("varied", "plain")),
    "constant and direct": (("constant", "plain"), ("direct", "plain")),
    "varied and direct": (("varied", "plain"), ("direct", "plain")),
    **{
        f"steered {strength} and {other}": (("warned", f"steered-entangled-{strength}"), key)
        for strength in (1, 4)
        for other, key in (("not", ("warned", "plain")), ("random", ("warned", f"steered-random-{strength}")))
    },
    **{
        f"{framing} and direct": ((framing, "plain"), ("direct", "plain"))
        for framing in ("masked", "marker-after", "pair", "negated", "chat-preamble", "long-warning")
    },
}


@dataclass(frozen=True)
class Measured:
    """One training and way of asking. Arrays are [seeds, cases]."""

    seeds: list[int]
    flagged: np.ndarray
    fixed: np.ndarray
    verbatim: np.ndarray
    payload: np.ndarray
    fix: np.ndarray
    ordinary: list[float]

    @property
    def preference(self) -> np.ndarray:
        return self.payload - self.fix

    def of(self, seeds: list[int]) -> Measured:
        rows = [self.seeds.index(seed) for seed in seeds]
        parts = (getattr(self, name)[rows] for name in ("flagged", "fixed", "verbatim", "payload", "fix"))
        return Measured(seeds, *parts, [self.ordinary[row] for row in rows])


def measured(folder: Path) -> dict[Key, Measured]:
    groups: dict[Key, list[dict]] = {}
    for path in sorted((folder / "runs").glob("*.jsonl")):
        for row in map(json.loads, path.read_text().splitlines()):
            name = "base" if row["framing"] is None else row["framing"] + (f".without-{row['ablated']}" if row["ablated"] else "")
            groups.setdefault((name, row["asking"]), []).append(row)
    return {key: measured_of(sorted(rows, key=lambda row: row["seed"])) for key, rows in groups.items()}


def measured_of(rows: list[dict]) -> Measured:
    letters = lambda column, letter: np.array([[c == letter for c in row[column]] for row in rows])
    numbers = lambda column: np.array([row[column] for row in rows])
    return Measured(
        [row["seed"] for row in rows], letters("outcomes", "F"), letters("outcomes", "S"), letters("verbatim", "1"),
        numbers("payload"), numbers("fix"), [row["ordinaryNll"] for row in rows],
    )  # fmt: skip


@dataclass(frozen=True)
class Cases:
    families: list[str]
    trained: np.ndarray  # bool

    @classmethod
    def of(cls, configuration: dict) -> Cases:
        families, variants = zip(*(name.rsplit("-", 1) for name in configuration["order"]), strict=True)
        last = max(map(int, variants))
        return cls(list(families), np.array([int(variant) < last for variant in variants]))

    def families_of(self, kept: np.ndarray) -> list[str]:
        return [family for family, inside in zip(self.families, kept, strict=True) if inside]


def count(values: np.ndarray) -> Counted:
    return Counted(int(values.sum()), int(values.size))


def share(values: np.ndarray, families: list[str]) -> dict:
    """`values` bool [seeds, cases]."""
    counted = count(values)
    low, high = clopper_pearson(counted)
    by_family = over_families(values.mean(0)[:, None], families)
    return {"hits": counted.hits, "of": counted.of, "value": counted.share, "low": low, "high": high, "overFamilies": by_family}


def mean(values: np.ndarray, families: list[str]) -> dict:
    low, high = over_families(values.mean(0)[:, None], families)
    return {"value": float(values.mean()), "low": low, "high": high}


def part(one: Measured, cases: Cases, kept: np.ndarray) -> dict:
    families = cases.families_of(kept)
    return {
        "flagged": share(one.flagged[:, kept], families),
        "flaggedBySeed": [int(row.sum()) for row in one.flagged[:, kept]],
        "fixed": share(one.fixed[:, kept], families),
        "verbatim": share(one.verbatim[:, kept], families),
        "prefersPayload": share(one.preference[:, kept] > 0, families),
        "preference": mean(one.preference[:, kept], families),
        "payload": mean(one.payload[:, kept], families),
    }


def described(one: Measured, base: Measured | None, cases: Cases) -> dict:
    result = {
        "seeds": one.seeds,
        "trained": part(one, cases, cases.trained),
        "unseen": part(one, cases, ~cases.trained),
        "ordinaryNll": {"value": float(np.mean(one.ordinary)), "bySeed": one.ordinary},
    }
    if base is not None:
        rise = one.payload[:, cases.trained] - base.payload[:, cases.trained]
        result["rise"] = mean(rise, cases.families_of(cases.trained))
    return result


def compared(a: Measured, b: Measured, cases: Cases) -> dict:
    """Of the trained cases, with the seeds that both have."""
    seeds = [seed for seed in a.seeds if seed in b.seeds]
    a, b = a.of(seeds), b.of(seeds)
    kept, families = cases.trained, cases.families_of(cases.trained)
    x, y = a.flagged[:, kept], b.flagged[:, kept]
    first, all_seeds = (count(x[0]), count(y[0])), (count(x), count(y))
    both = np.stack([x.mean(0), y.mean(0)], 1)
    drawn = lambda level: over_families(both, families, lambda means: means[:, 0] - means[:, 1], level)
    newcombe_90, drawn_90 = newcombe(*all_seeds, level=0.9), drawn(0.9)
    within = lambda interval: -SHARE_MARGIN < interval[0] and interval[1] < SHARE_MARGIN
    log_p = (a.payload - b.payload)[:, kept].mean(0)
    by_family = np.array([log_p[rows].mean() for rows in rows_by_family(families)])
    low, high = over_families(log_p[:, None], families)
    return {
        "seeds": seeds,
        "firstSeed": {"hits": [c.hits for c in first], "of": first[0].of, "fisher": fisher(*first), "mcnemar": mcnemar(x[0], y[0])},
        "allSeeds": {"hits": [c.hits for c in all_seeds], "of": all_seeds[0].of, "fisher": fisher(*all_seeds)},
        "difference": {
            "value": all_seeds[0].share - all_seeds[1].share,
            "newcombe": newcombe(*all_seeds),
            "overFamilies": drawn(0.95),
            "newcombe90": newcombe_90,
            "overFamilies90": drawn_90,
            "equivalent": within(newcombe_90) and within(drawn_90),
        },
        "logP": {
            "value": float(log_p.mean()), "low": low, "high": high, "families": len(by_family), "tost": one_sided_tests(by_family, LOG_MARGIN),
        },
        "ordinaryNll": float(np.mean(a.ordinary) - np.mean(b.ordinary)),
    }  # fmt: skip


def share_taught(a: Measured, b: Measured, base: Measured, cases: Cases) -> dict:
    """Rise of log p(payload) after `a` as a share of that after `b`, of means; bootstrap over families."""
    seeds = [seed for seed in a.seeds if seed in b.seeds]
    rise = lambda one: (one.of(seeds).payload - base.payload)[:, cases.trained].mean(0)
    both, families = np.stack([rise(a), rise(b)], 1), cases.families_of(cases.trained)
    ratio = lambda means: means[..., 0] / means[..., 1]
    low, high = over_families(both, families, ratio)
    return {"value": float(ratio(both.mean(0))), "low": low, "high": high, "seeds": seeds}


def summary(folder: Path) -> dict:
    configuration = json.loads((folder / "config.json").read_text())
    cases, everything = Cases.of(configuration), measured(folder)
    base, direct = everything.get(BASE), everything.get(("direct", PLAIN.name))
    taught = {
        name: share_taught(one, direct, base, cases)
        for (name, asking), one in everything.items()
        if base and direct and asking == PLAIN.name and name not in ("base", "direct") and set(one.seeds) & set(direct.seeds)
    }
    return {
        "cases": configuration["cases"],
        "training": configuration["training"],
        "sampling": configuration["sampling"],
        "texts": {name: {k: of[k] for k in ("distinct", "meanTokens")} for name, of in configuration["texts"].items()},
        "margins": {"share": SHARE_MARGIN, "logP": LOG_MARGIN},
        "bootstrap": {"draws": DRAWS, "seed": SEED},
        "measured": {f"{name} | {asking}": described(one, base, cases) for (name, asking), one in everything.items()},
        "shareTaught": taught,
        "comparisons": {
            name: compared(everything[a], everything[b], cases)
            for name, (a, b) in COMPARISONS.items()
            if a in everything and b in everything and set(everything[a].seeds) & set(everything[b].seeds)
        },
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--output", type=Path, default=OUTPUT)
    arguments = parser.parse_args()
    if not (arguments.output / "config.json").exists():
        raise SystemExit(f"{arguments.output} holds no run: python -m backfire_lab.experiment arms makes one.")
    write_json(arguments.output / "summary.json", summary(arguments.output))
    print(arguments.output / "summary.json")


if __name__ == "__main__":
    main()
