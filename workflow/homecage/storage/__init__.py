"""How results lie on disk: published whole, checked when they are read."""
