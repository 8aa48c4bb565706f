"""Features: the convnet's descriptor and probabilities for every clip of a whole video."""
