"""Features as a product: what a network makes of pictures, as a table of numbers for scikit-learn and others.

extracting   the rows of a folder, each picture decoded and sent through the network at most once, ever
networks     which network, and which of its values
tables       the files: .npz, .csv, .parquet
"""

from vitreous.extraction.extracting import Features, Rows, extract, rows_of_files
from vitreous.extraction.networks import POOLS, network_named, wanted_of

__all__ = ["POOLS", "Features", "Rows", "extract", "network_named", "rows_of_files", "wanted_of"]
