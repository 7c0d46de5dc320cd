"""Several labels for each picture, or none: each label is a yes or a no of its own."""
