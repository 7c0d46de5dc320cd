"""How much of what all pictures have in common is taken off before they are compared.

The cosine of x − s m and q − s m, m the mean of the folder's features and s the share of it. With s = 1 pictures are told apart by what is their
own, with s = 0 those near the mean are like all others. On photos of clothes and on CIFAR-10 more is better, on tables with playing cards
less (docs/decisions/0035-find.md); so where labels are there, they choose, and else it is half.
"""

import numpy as np

from vitreous.retrieval.learned import Lesson, ranked
from vitreous.retrieval.rows import Rows
from vitreous.retrieval.similarity import Doubles, unit

SHARES = (0.5, 0.0, 1.0)
_MOST = 3000
_LEAST = 30
_BLOCK = 256


def share_of(rows: Rows, lesson: Lesson | None, mean: Doubles) -> float:
    """The share by which pictures of one label are found best, each among the others, by mean average precision; a half where there are too few."""
    if lesson is None or len(lesson.labels) < 2 or len(lesson.rows) < _LEAST:
        return SHARES[0]
    chosen = np.sort(np.random.default_rng(0).choice(len(lesson.rows), min(_MOST, len(lesson.rows)), replace=False))
    values, has = rows.vectors[lesson.rows[chosen]].astype(np.float64), lesson.has[chosen].astype(np.float32)
    found = []
    for share in SHARES:
        z = unit(values - share * mean).astype(np.float32)
        precision = []
        for begin in range(0, len(z), _BLOCK):
            part = slice(begin, begin + _BLOCK)
            scores, relevant = z[part] @ z.T, has[part] @ has.T > 0
            itself = np.arange(len(scores)), np.arange(begin, begin + len(scores))
            scores[itself], relevant[itself] = -np.inf, False
            precision.append(ranked(scores, relevant)[relevant.any(1), 1])
        every = np.concatenate(precision)
        found.append(float(every.mean()) if len(every) else 0.0)
    return SHARES[int(np.argmax(found))]
