"""Labels that are probably wrong: found, shown, and put right.

pictures   which pictures, of a run or a folder, with their features
opinions   what pictures say of each other's labels
noise      how labels become wrong
ranking    from both to a probability for each label
suspects   the value
applying   corrections carried out on the data, and taken back
"""

from vitreous.trust.suspects.pictures import Pictures, pictures_of_folder, pictures_of_run
from vitreous.trust.suspects.suspects import Suspect, Suspects, suspects_in

__all__ = ["Pictures", "Suspect", "Suspects", "pictures_of_folder", "pictures_of_run", "suspects_in"]
