"""Exact tests and intervals of shares, equivalence, and intervals over families.

Cases of one family are alike, and the same cases are asked after every training, so each comparison is told four ways: Fisher's exact test,
as the paper has it; McNemar's exact test, which knows that the cases are the same; Newcombe's interval of the difference, which takes outcomes
for independent; and a bootstrap over whole families, which does not.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import sqrt

import numpy as np
from scipy.stats import binomtest, fisher_exact, t

DRAWS, SEED = 4000, 7


@dataclass(frozen=True)
class Counted:
    hits: int
    of: int

    @property
    def share(self) -> float:
        return self.hits / self.of


def clopper_pearson(count: Counted, level: float = 0.95) -> tuple[float, float]:
    found = binomtest(count.hits, count.of).proportion_ci(level, "exact")
    return float(found.low), float(found.high)


def wilson(count: Counted, level: float) -> tuple[float, float]:
    found = binomtest(count.hits, count.of).proportion_ci(level, "wilson")
    return float(found.low), float(found.high)


def newcombe(a: Counted, b: Counted, level: float = 0.95) -> tuple[float, float]:
    """Interval of a's share less b's; Newcombe 1998, method 10, from two Wilson intervals."""
    (low_a, high_a), (low_b, high_b) = wilson(a, level), wilson(b, level)
    difference = a.share - b.share
    low = difference - sqrt((a.share - low_a) ** 2 + (high_b - b.share) ** 2)
    high = difference + sqrt((high_a - a.share) ** 2 + (b.share - low_b) ** 2)
    return low, high


def fisher(a: Counted, b: Counted) -> float:
    """Two-sided p."""
    return float(fisher_exact([[a.hits, a.of - a.hits], [b.hits, b.of - b.hits]])[1])


def mcnemar(a: np.ndarray, b: np.ndarray) -> float:
    """Two-sided exact p for two columns of yes and no on the same cases."""
    only_a, only_b = int((a & ~b).sum()), int((b & ~a).sum())
    return 1.0 if only_a + only_b == 0 else float(binomtest(only_a, only_a + only_b).pvalue)


def one_sided_tests(values: np.ndarray, margin: float) -> float:
    """The larger p of the two one-sided t-tests that the mean lies within ± margin: below 0.05 it is equivalent to zero."""
    mean, error = float(values.mean()), float(values.std(ddof=1) / sqrt(len(values)))
    if error == 0:
        return 0.0 if abs(mean) < margin else 1.0
    return float(max(t.sf((mean + margin) / error, len(values) - 1), t.cdf((mean - margin) / error, len(values) - 1)))


def first_column(means: np.ndarray) -> np.ndarray:
    return means[..., 0]


def rows_by_family(families: list[str]) -> list[list[int]]:
    """Which rows belong to each family, in the order in which families come."""
    return [[i for i, family in enumerate(families) if family == name] for name in dict.fromkeys(families)]


def over_families(
    values: np.ndarray, families: list[str], statistic: Callable[[np.ndarray], np.ndarray] = first_column, level: float = 0.95
) -> tuple[float, float]:
    """Bootstrap interval, whole families drawn with replacement.

    `values` is [cases, columns]; `statistic` takes means of columns, [..., columns], and gives [...].
    """
    rows = rows_by_family(families)
    sums, sizes = np.stack([values[of].sum(0) for of in rows]), np.array([len(of) for of in rows])
    chosen = np.random.default_rng(SEED).integers(0, len(rows), (DRAWS, len(rows)))
    draws = statistic(sums[chosen].sum(1) / sizes[chosen].sum(1)[:, None])
    low, high = np.quantile(draws, ((1 - level) / 2, (1 + level) / 2))
    return float(low), float(high)
