"""The chapters "Inside the network" of a report: made once, when they are asked for, and kept in the run as inside.json.

A report that is written again later shows what is kept, so nothing is lost by it, and training does not get slower.
"""

from vitreous.report.inside.chapters import Inside, InsideChapter, Picture, inside_of
from vitreous.report.inside.making import make_inside

__all__ = ["Inside", "InsideChapter", "Picture", "inside_of", "make_inside"]
