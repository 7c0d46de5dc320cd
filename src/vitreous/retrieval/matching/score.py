"""How sure it is that two pictures show the same: a probability from the evidence for the best homography.

    p = 1 / (1 + e^(−z))        z = bias + w · (ln(1 + surprise), alike, share)

`surprise`, `alike` and `share` are those of `guided.Agreement`. The numbers below were fitted by logistic regression on pairs made of photos of the
training part of `clothing`, half of them the same photo turned, scaled, cropped and tilted beyond what is asked for, half two different photos
with both halves counted alike (benchmarks/match_score.py; benchmarks/match.py judges on other photos).
"""

import numpy as np

from vitreous.retrieval.matching.guided import Agreement

BIAS = -13.0
WEIGHTS = (2.98, 0.45, 0.52)
# From which probability on the answer is yes.
SAME = 0.5


def evidence(agreement: Agreement) -> tuple[float, float, float]:
    """What the score is made of."""
    return float(np.log1p(agreement.surprise)), agreement.alike, agreement.share


def score(agreement: Agreement | None) -> float:
    """0 to 1; 0 where there is no homography at all."""
    if agreement is None:
        return 0.0
    z = BIAS + float(np.dot(WEIGHTS, evidence(agreement)))
    return float(1 / (1 + np.exp(-z)))
