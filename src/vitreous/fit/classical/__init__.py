"""The way that convolutional networks replaced, as it won ImageNet in 2010: dense descriptors, coding, spatial pyramid, linear SVM.

image ─ grey ─ HOG, LBP on a grid ─ whitening ─ code over a dictionary ─ pooled in a pyramid ─ root, unit length ─ features

Every step is ONNX operators, so the run's `model.onnx` holds all of it (docs/decisions/0009-classical-as-onnx.md).
Lin et al., "Large-scale image classification: fast feature extraction and SVM training", CVPR 2011.
"""

from vitreous.fit.classical.descriptors import grid
from vitreous.fit.classical.network import SIZE, SMALL_SIZE, WORDS, classical_network
from vitreous.fit.classical.svm import SVM_STRENGTHS, fit_svm

__all__ = ["SIZE", "SMALL_SIZE", "SVM_STRENGTHS", "WORDS", "classical_network", "fit_svm", "grid"]
