"""Augmentation: what may be done to a picture without changing what it means, and doing it, fast and repeatably. Without torch.

allowed = parse("auto,no-flip", size=32)
augmented(pictures, numbers, seed, epoch, allowed)    # uint8 [N, H, W, C], a pure function of seed, epoch and picture number
augmented_boxes(...), augmented_masks(...)            # what stands in them, moved alike
mixup(count, seed, step, alpha)                       # pairs and shares
"""

from vitreous.training.augment.augmentation import Augmentation, parse
from vitreous.training.augment.augmented import augmented, augmented_masks
from vitreous.training.augment.boxes import augmented_boxes
from vitreous.training.augment.mixup import mixed_targets, mixup

__all__ = ["Augmentation", "augmented", "augmented_boxes", "augmented_masks", "mixed_targets", "mixup", "parse"]
