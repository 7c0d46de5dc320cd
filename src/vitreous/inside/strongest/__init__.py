"""Strongest activations (Zeiler and Fergus, "Visualizing and Understanding Convolutional Networks", ECCV 2014): for each channel the nine
pictures that excite it most, cut to what the number sees, beside what in them did it; and the channels that nothing excites.

    points       where is searched: stages, their channels, and what they are compared by
    pictures     which pictures
    searching    the one pass over them: best (the nine of each channel), quiet (dead and saturated ones)
    evidence     what in a patch excites the channel
    chance       whether the labels of nine pictures tell something
"""

from vitreous.inside.strongest.pictures import Pictures, pictures_of, training_pictures
from vitreous.inside.strongest.strongest import Excited, Patch, Strongest, strongest

__all__ = ["Excited", "Patch", "Pictures", "Strongest", "pictures_of", "strongest", "training_pictures"]
