"""What layers have learned, as pictures; before and after training, and on the way."""

from vitreous.inside.filters.filters import Filters, Moment, filters

__all__ = ["Filters", "Moment", "filters"]
