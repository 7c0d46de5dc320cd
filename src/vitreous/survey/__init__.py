"""What is in a folder of pictures, before anything is learned from it."""
