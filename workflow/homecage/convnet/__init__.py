"""The convnet: a 3-D network on short clips, its training and its weights."""
