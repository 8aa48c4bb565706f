"""Clips: how a video is tiled by clips, and how the convnet's clips are cut, balanced and loaded."""
