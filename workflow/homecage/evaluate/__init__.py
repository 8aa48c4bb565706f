"""Scoring predictions: from labels of frames to the tables that every figure is drawn from."""
