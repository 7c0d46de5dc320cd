"""A page to walk through a network on one picture: one HTML file, from the pixels to the answer.

The weights are in the page, and what a number is made of is worked out there, by JavaScript of its own in `js/`: value by value as
`vitreous see --value` tells it, down to the pixels and up to the answer. Nothing is fetched when it is looked at.
"""

from vitreous.inside.page.assembling import Examples, page_of
from vitreous.inside.page.examples import examples_of

__all__ = ["Examples", "examples_of", "page_of"]
