"""Representations of whole videos: for each clip a row of numbers that a model can learn from."""
