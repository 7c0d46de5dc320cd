"""What is in a folder of pictures, before anything is learned from it.

facts = look(Path("photos"), Policy(), Quiet())
facts.duplicates, facts.leaks, facts.odd
"""

from vitreous.survey.facts import Facts
from vitreous.survey.looking import look

__all__ = ["Facts", "look"]
