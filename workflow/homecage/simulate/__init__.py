"""The simulated home cage: videos with eight behaviors and two annotators, in the MIT layout."""
