"""Whether what follows can learn from a study whose files are sound: known before hours are spent on it."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping

from homecage.clips.options import ClipGeometry
from homecage.clips.tiling import labeled_frames
from homecage.storage.frame_tables import UNLABELED, Codes
from homecage.study.behaviors import Vocabulary


def has_labeled_clip(codes: Codes, geometry: ClipGeometry) -> bool:
    """Tell whether a label lies on a frame that gives a clip its label."""
    return bool((codes[labeled_frames(len(codes), geometry)] != UNLABELED).any())


def find_unlearnable(
    folds: Iterable[Mapping[str, str]], labeled: Mapping[str, bool], geometry: ClipGeometry
) -> Iterator[str]:
    """Return why models cannot be trained, or their training not be stopped.

    Args:
        folds: fold, video and role, one line for each video of each fold.
        labeled: by video, whether one of its clips has a label.
        geometry: which frames give clips their labels.
    """
    if not any(labeled.values()):
        first, second = (geometry.label_offset + k * geometry.stride for k in (0, 1))
        yield (
            f"no video has a labeled clip: clips take their labels from frames {first}, {second}, ... (from "
            "0), and none of these is labeled as a behavior; expected bouts of behaviors by annotator_1"
        )
        return
    parts = defaultdict(list)
    for row in folds:
        parts[row["fold"], row["role"]].append(row["video"])
    for (fold, role), videos in parts.items():
        if role != "held_out" and not any(labeled[video] for video in videos):
            yield (
                f"fold {fold}: no {role} video has a labeled clip ({', '.join(videos)}); label more of them, "
                "or divide the videos otherwise (folds in the configuration)"
            )


def find_unspoken(
    annotated: Mapping[str, int], clips: Iterable[str | None], vocabulary: Vocabulary
) -> Iterator[str]:
    """Return a warning for each behavior that a convnet of clips can never say.

    Args:
        annotated: frames by behavior.
        clips: behaviors of the clips that it learns from.
        vocabulary: the behaviors in their order.
    """
    shown = set(clips)
    for behavior in vocabulary.names:
        if annotated.get(behavior) and behavior not in shown:
            yield (
                f"{behavior}: is annotated in {annotated[behavior]} frames, and no clip that is long enough "
                "shows it: the convnet can never say it; add clips of it, or let the convnet learn from "
                "annotated videos (convnet.trained_on: fold)"
            )
