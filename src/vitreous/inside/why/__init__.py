"""Why a network answers as it does: what of a picture speaks for a label, whether that can be trusted, and what would change the answer.

found = run.see("photo.jpg")
found.why("grad-cam")            # or cam, integrated-gradients, occlusion; "all" of them side by side
found.flip()                     # the smallest change of the picture after which the network answers otherwise
"""

from vitreous.inside.why.flip import Flip, flip
from vitreous.inside.why.why import ALL, METHODS, Why, why

__all__ = ["ALL", "METHODS", "Flip", "Why", "flip", "why"]
