"""How well cleanlab ranks planted errors, by each of its methods, from the probabilities that it is given.

    python cleanlab_ranking.py CELLS.npz        prints a JSON list: for each cell the average precision of each method

CELLS.npz holds `probability` [cells, N, K], `labels` [cells, N] and `wrong` [cells, N].
"""

import json
import sys
import warnings

import numpy as np
from cleanlab.filter import find_label_issues
from cleanlab.rank import get_label_quality_scores
from sklearn.metrics import average_precision_score

FILTERS = ("prune_by_class", "prune_by_noise_rate", "both", "confident_learning", "predicted_neq_given")
SCORES = ("self_confidence", "normalized_margin", "confidence_weighted_entropy")


def main() -> None:
    warnings.simplefilter("ignore")
    cells = np.load(sys.argv[1])
    print(json.dumps([of(*each) for each in zip(cells["probability"], cells["labels"], cells["wrong"], strict=True)]))


def of(probability: np.ndarray, labels: np.ndarray, wrong: np.ndarray) -> dict[str, float]:
    """Average precision by the scores alone, plain and with adjusted probabilities, and with what a filter finds put first."""
    found = {}
    quality = {name: get_label_quality_scores(labels, probability, method=name) for name in SCORES}
    for name in SCORES:
        found[name] = average_precision_score(wrong, -quality[name])
        if name != "confidence_weighted_entropy":
            adjusted = get_label_quality_scores(labels, probability, method=name, adjust_pred_probs=True)
            found[f"{name}, adjusted"] = average_precision_score(wrong, -adjusted)
    for kind in FILTERS:
        issues = find_label_issues(labels, probability, filter_by=kind, n_jobs=1)
        for name in SCORES[:2]:
            found[f"{kind}, {name}"] = average_precision_score(wrong, 2.0 * issues - quality[name])
    return {name: round(float(value), 5) for name, value in found.items()}


main()
