"""Options of reading annotations."""

from collections.abc import Sequence

from pydantic import Field

from homecage.options import Options


class AnnotationOptions(Options):
    """How annotation files are read."""

    priority: tuple[str, ...] = ()
    """Behaviors that may overlap in an annotation, the one that wins first: a frame that several hold is
    of the first of them. Behaviors that overlap and are not both listed are refused. Source: our choice."""
    without_bout: str | None = None
    """The behavior of frames that no bout holds, for labs that note only what happens; null: such frames
    are unlabeled. Frames that a file says were not labeled stay so. Source: our choice."""
    tolerance_frames: int = Field(0, ge=0, le=10**6)
    """How many frames labels may reach beyond the end of the video; those are cut off, with a warning.
    Source: our choice."""

    def check_behaviors(self, known: Sequence[str]) -> None:
        """Refuse behaviors that the study does not have.

        Raises:
            ValueError: names the first of them.
        """
        for key, named in (("priority", self.priority), ("without_bout", (self.without_bout,))):
            if unknown := [name for name in named if name is not None and name not in known]:
                raise ValueError(
                    f"annotations.{key}: found {unknown[0]!r}; expected behaviors of: {', '.join(known)}"
                )
