"""The most similar pictures of a folder: an index of features on the disk, and exact search in it.

updating    the index is brought up to date with its folder
index       it is opened, memory-mapped
similarity  what is compared; learned: what the folder's labels add to it
exact       the rows most similar to queries, by products of matrices
finding     from pictures that are asked for to answers
matching    where in one picture is what another shows
"""

from vitreous.retrieval.finding import COUNT, WAYS, find
from vitreous.retrieval.found import Answer, Asked, Found
from vitreous.retrieval.index import Index, open_index
from vitreous.retrieval.layout import is_index
from vitreous.retrieval.regions import parse_box

__all__ = ["COUNT", "WAYS", "Answer", "Asked", "Found", "Index", "find", "is_index", "open_index", "parse_box"]
