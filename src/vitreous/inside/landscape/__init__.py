"""The landscape of a loss: a plane through the weights of a run, the loss at every point of it, and the path of the training over it.

run.landscape()                       # two random directions, normalized filter by filter
run.landscape("path")                 # those along which the weights moved most, where the training kept them
ravine()                              # a valley of two weights, with gradient descent, momentum and Adam on their way down
"""

from vitreous.inside.landscape.landscape import Landscape, Noise, Path
from vitreous.inside.landscape.ravine import ravine
from vitreous.inside.landscape.surface import landscape_of

__all__ = ["Landscape", "Noise", "Path", "landscape_of", "ravine"]
