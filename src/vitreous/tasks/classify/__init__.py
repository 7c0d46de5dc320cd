"""One label out of several for each picture."""
