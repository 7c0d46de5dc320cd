"""Files that survive a kill: atomic writing, locks, the user's cache folder. Standard library only."""
