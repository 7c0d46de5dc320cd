"""Back through a network by the chain rule: the gradient of the loss in one weight, value or pixel, every factor of it written out."""

from vitreous.inside.backwards.gradient import Gradient, gradient

__all__ = ["Gradient", "gradient"]
