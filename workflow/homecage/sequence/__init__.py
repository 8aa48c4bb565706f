"""The sequence model: folds, the LSTM over descriptors, its training and its predictions."""
