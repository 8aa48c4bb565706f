"""Clips: how a video is tiled by clips, and how the clipped database is cut, balanced and loaded."""
