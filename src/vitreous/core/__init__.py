"""Values that every other package speaks: items, views, settings, safe text. Standard library only."""
