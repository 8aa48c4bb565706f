"""One annotator's file about one full video."""

from pathlib import Path

from homecage.simulate.annotators import (
    Label,
    annotate_first,
    annotate_second,
    skip_stretches,
)
from homecage.simulate.options import SimulationOptions
from homecage.simulate.process import true_bouts
from homecage.simulate.seeds import named_generator
from homecage.storage.publish import publish


def simulate_annotation(
    *, video: str, annotator: int, options: SimulationOptions, output: Path
) -> None:
    """Write what annotator group 1 or 2 says about a full video, in the MIT data set's format.

    One line a bout, frames counted from 1, the last one included. Nothing is drawn.
    """
    labels = annotate(video, annotator, options)
    lines = [
        f"frame: {label.start + 1:08d}-{label.stop:08d} {label.behavior}\n" for label in labels
    ]
    with publish(output) as temporary:
        temporary.write_text("".join(lines), encoding="ascii")


def annotate(video: str, annotator: int, options: SimulationOptions) -> list[Label]:
    """Return the labels of annotator group 1 or 2 for a full video."""
    bouts = true_bouts(video, options)
    generator = named_generator(options, video, f"annotator {annotator}")
    if annotator == 2:
        return annotate_second(generator, bouts)
    skipping = named_generator(options, video, "skipped")
    return skip_stretches(skipping, annotate_first(generator, bouts))
