"""The run folder of DESIGN.md 9: made, written, opened, verified, locked. Standard library, and numpy in the tables."""
