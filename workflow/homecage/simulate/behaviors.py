"""The behaviors that the simulated mouse acts out, and the words for them in the MIT data set."""

LABELS = {
    "drink": ("d", "drink"),
    "eat": ("e", "eat"),
    "groom": ("g", "gb", "groom", "groomback"),
    "hang": ("ha", "hang"),
    "micromovement": ("he", "head"),
    "rear": ("r", "rear"),
    "rest": ("rs", "rest"),
    "walk": ("w", "walk"),
}
"""The labels that the names of clips use, by behavior."""

BEHAVIORS = tuple(LABELS)
"""What annotators write."""
