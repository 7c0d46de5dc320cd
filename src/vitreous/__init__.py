"""Vitreous: turn a folder of photos into a model you can trust, and follow every answer back to its pixels.

import vitreous as vt
vt.look("photos/")                # Facts: counts, unreadable files, duplicates, leaks, odd pictures
run = vt.train("photos/")         # Run: run.labels, run.metrics, run.folder
run.predict("new.jpg")            # Answers: label, confidence, the rest of the distribution
vt.train("good-parts/")           # with one class only: OneClassRun, which says of a picture whether it is odd, and where
run.evaluate()                    # Evaluation: every metric with its interval
vt.load("runs/photos-1")          # the same run, later
vt.again("runs/photos-1")         # train once more after labels were fixed or pictures added: only what changed is read
vt.resume("runs/photos-2")        # go on with an interrupted training; vt.repeat does one again, vt.watch follows one
vt.predict("photo.jpg")           # no training: one of 1000 ImageNet classes
vt.see("photo.jpg")               # Inside: stages, feature maps, the arithmetic of one number; run.see for a run's network
vt.strongest("photos/")           # which of your pictures excite each channel most; run.strongest for a run's network and pictures
vt.match("a.jpg", "b.jpg")        # Match: where in a is what b shows, and whether both show the same; vt.match_in("a.jpg", "photos/")
vt.features("photos/")            # Features: what a network makes of your pictures, for scikit-learn; run.features for a run's network
vt.find("photos/", "new.jpg")     # Found: the most similar pictures; run.find by a run's network, vt.index keeps their features
vt.suspects("photos/")            # Suspects: labels that are probably wrong; run.suspects for a run's pictures
vt.map("photos/")                 # Map: the whole folder in two dimensions, as a page to look through; clusters, outliers, copies
vt.sklearn.ImageFeatures()        # the same in scikit-learn's pipelines; vt.sklearn.ImageClassifier learns and answers
vt.label("unsorted/")              # labels where there are none, on a page of your own browser; vt.label_session without one
vt.next_to_label("runs/photos-1", "more/")    # which new pictures to label next; also run.next("more/")
vt.augmentations("photos/")       # what augmentation does to pictures of yours, drawn
vt.net("resnet18", classes=10)    # a plain torch.nn.Module with named stages (needs torch)
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from vitreous.api import (
        OneClassRun,
        Run,
        again,
        augmentations,
        compare,
        features,
        find,
        index,
        label,
        label_session,
        load,
        look,
        map,  # noqa: A004  # as `vitreous map` is called
        match,
        match_in,
        net,
        next_to_label,
        predict,
        predict_many,
        repeat,
        resume,
        sample,
        see,
        strongest,
        suspects,
        train,
        watch,
    )  # fmt: skip
    from vitreous.errors import VitreousError

__version__ = "0.1.0"
__all__ = [
    "OneClassRun", "Run", "VitreousError", "again", "augmentations", "compare", "features", "find", "index", "label", "label_session", "load",
    "look", "map", "match", "match_in", "net", "next_to_label", "predict", "predict_many", "repeat", "resume", "sample", "see", "strongest",
    "suspects", "train", "watch",
]  # fmt: skip


def __getattr__(name: str) -> Any:
    # what needs numpy and the engine is loaded at first use, so that `vitreous --help` needs neither
    if name in __all__:
        from vitreous import api

        return getattr(api, name)
    if name == "sklearn":
        return import_module("vitreous.sklearn")
    raise AttributeError(f"module 'vitreous' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
