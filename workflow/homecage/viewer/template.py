"""The page as text: a template with style and scripts in it, so that the file opens anywhere."""

from hashlib import sha256
from importlib.resources import files
from typing import Any
from urllib.parse import quote

from jinja2 import Environment, StrictUndefined

_REVIEW = ("export.js", "correction.js", "review.js")
SCRIPTS = ("model.js", "patterns.js", "timeline.js", "player.js", "keys.js", "page.js", *_REVIEW)
"""In the order in which they run, as one script: later files use names of earlier ones."""

_TEMPLATE, _STYLE = "page.html.j2", "page.css"


def render_page(video: str, name: str, data_label: str) -> str:
    """Return the page of a video, which plays ``{video}.mp4`` and shows ``{video}.data.js`` beside it.

    Args:
        video: the video's key.
        name: its own name.
        data_label: what the data are.
    """
    return render(
        _TEMPLATE,
        name=name,
        label=data_label,
        film=quote(f"{video}.mp4"),
        data=quote(f"{video}.data.js"),
        script="\n".join(map(_read, SCRIPTS)),
    )


def render(template: str, **values: Any) -> str:
    """Return a page of a template of the assets, which is handed the style, too."""
    environment = Environment(autoescape=True, undefined=StrictUndefined)
    return environment.from_string(_read(template)).render(style=_read(_STYLE), **values)


def hash_assets(*names: str) -> str:
    """Tell assets by their content, as a fingerprint tells code; unless named, those of a video's page."""
    text = "".join(map(_read, names or (_TEMPLATE, _STYLE, *SCRIPTS)))
    return sha256(text.encode()).hexdigest()[:16]


def _read(name: str) -> str:
    return (files("homecage.viewer") / "assets" / name).read_text(encoding="utf-8")
