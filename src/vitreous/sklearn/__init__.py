"""Vitreous in scikit-learn's pipelines and grid searches.

    make_pipeline(ImageFeatures(), LogisticRegression()).fit(files, labels)
    ImageClassifier().fit(files, labels).predict(others)

X is a sequence of names of picture files, or a column of them.
"""

from vitreous.sklearn.classifier import ImageClassifier
from vitreous.sklearn.features import ImageFeatures

__all__ = ["ImageClassifier", "ImageFeatures"]
