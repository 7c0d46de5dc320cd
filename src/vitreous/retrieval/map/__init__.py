"""A whole folder in two dimensions, as a page to look through.

pictures     features, copies and a small picture of each file
neighbours   the nearest of each, by features
layout       t-SNE, with repulsion on a grid (repulsion)
clusters     hills of the map, and their names (naming)
outliers     pictures that no other is like
copies       of each group of copies the picture to keep
answers      what a run says of each picture
value        the map as a value; making puts it together, page shows it
"""

from vitreous.retrieval.map.answers import answers_from
from vitreous.retrieval.map.making import make_map
from vitreous.retrieval.map.pictures import read_pictures
from vitreous.retrieval.map.value import Map

__all__ = ["Map", "answers_from", "make_map", "read_pictures"]
