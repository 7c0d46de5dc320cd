"""See inside a network: its stages on a picture, its feature maps, and the arithmetic of every number.

found = inside(load_network(), "photo.jpg")
found.stages                              # shapes, receptive fields, weights, multiply-adds
found.maps("stem")                        # [32, 112, 112]
found.value("stem", (3, 10, 12))          # the patch, the kernel, every product, the sum, the bias, the activation
"""

from vitreous.inside.inside import Account, Inside, inside

__all__ = ["Account", "Inside", "inside"]
