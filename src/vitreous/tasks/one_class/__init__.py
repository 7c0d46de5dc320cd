"""One class: is a picture like the good ones, and where is it not."""
