"""The parts of the search for near-duplicates (vitreous.data.duplicates), one step a file."""
