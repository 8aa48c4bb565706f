"""The paper's model in both directions: each layer also reads the video from its end."""

from functools import partial

from homecage.sequence.lstm import Lstm, fit_lstm
from homecage.sequence.training import score_network


class Bilstm(Lstm):
    """Scores each clip of a sequence from its descriptor, those before it and those after it."""

    directions = 2


fit = partial(fit_lstm, Bilstm)
score = partial(score_network, Bilstm)
