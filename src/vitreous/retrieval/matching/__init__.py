"""Where in one picture is what another shows, and whether both show the same: by the maps of a network's middle stage.

turns        pictures in every turn and scale, as cells with features
neighbours   which cells are each other's nearest
voting       in which turn, scale and place most of them agree
guided       a homography corrected cell by cell, and what speaks for it
homography   the arithmetic of homographies, and RANSAC
score        how sure it is
matching     the way through these for two pictures
candidates   which pictures of a folder may show the same
folder       the pictures of a folder that show the same
"""

from vitreous.retrieval.matching.folder import CANDIDATES, Matches, matched_in
from vitreous.retrieval.matching.maps import Mapper, mapper
from vitreous.retrieval.matching.match import Match
from vitreous.retrieval.matching.matching import matched, query
from vitreous.retrieval.matching.picture import Picture, open_picture

__all__ = ["CANDIDATES", "Mapper", "Match", "Matches", "Picture", "mapper", "matched", "matched_in", "open_picture", "query"]
