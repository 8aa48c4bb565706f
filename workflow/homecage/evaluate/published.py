"""Published accuracies on the full database of Jhuang et al. (2010); never measured here.

Source: Table 1 of Le & Murari, "Recurrent 3D Convolutional Network for Rodent Behavior
Recognition", who quote the other two methods from Jhuang et al., "Automated home-cage behavioural
phenotyping of mice" (2010).

Le & Murari repeated their procedure once for each video and averaged the results.
ASSUME: so are the accuracies that they quote averages over videos; the sources do not say.
"""

LE_MURARI = "lstm-3dcnn (Le & Murari)"
JHUANG = "svm-hmm (Jhuang et al.)"
HUMAN = "human (Jhuang et al.)"

TABLE_1: dict[tuple[str, str, str], float] = {
    (LE_MURARI, "FD*", "behaviors"): 0.759,
    (LE_MURARI, "FD*", "frames"): 0.712,
    (LE_MURARI, "FD", "behaviors"): 0.765,
    (LE_MURARI, "FD", "frames"): 0.735,
    (JHUANG, "FD*", "behaviors"): 0.764,
    (JHUANG, "FD*", "frames"): 0.773,
    (JHUANG, "FD", "behaviors"): 0.771,
    (JHUANG, "FD", "frames"): 0.783,
    (HUMAN, "FD*", "behaviors"): 0.757,
    (HUMAN, "FD*", "frames"): 0.716,
}
"""Accuracy as a share, by method, frames and level."""
