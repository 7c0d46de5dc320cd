"""How far labels and answers can be trusted: wrong labels among the pictures, and pictures that a model knows nothing of."""
