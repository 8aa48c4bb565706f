"""Which methods a bundle can hold; asked while the workflow is planned, before anything is trained."""

from collections.abc import Sequence

from homecage.errors import ConfigError

BUNDLED = ("fc6", "fc8", "motion")
"""The representations that new videos are described by as they are decoded."""

KINDS = ("lstm", "bilstm", "tcn", "mlp", "own", "prior")
"""The kinds of models that score clips as they come (``sequence/stream.py``), and learn from all videos."""


def refuse_unbundled(
    method: str,
    representations: Sequence[str],
    kind: str | None,
    labeled_videos: int | None = None,
) -> None:
    """Refuse a method that no bundle can hold.

    Args:
        method: its name.
        representations: what it looks at.
        kind: of its model, if it has one.
        labeled_videos: how many videos its models may use, if not all.

    Raises:
        ConfigError: says why.
    """
    if unknown := sorted(set(representations) - set(BUNDLED)):
        raise ConfigError(
            f"methods.{method} looks at {', '.join(unknown)}; expected a method that looks at no more than "
            f"{', '.join(BUNDLED)}, which are found while a video is decoded: bundle another one"
        )
    if kind is not None and kind not in KINDS:
        raise ConfigError(
            f"methods.{method} has a model of kind {kind}; expected one of: {', '.join(KINDS)}: bundle "
            "another method"
        )
    if labeled_videos:
        raise ConfigError(
            f"methods.{method}: labeled_videos: found {labeled_videos}; expected null: a bundle's model "
            "learns from all videos, and the method's scores would not be its own"
        )
