"""Fill in a page: one HTML file that needs no other, with the look of ``base.html`` and ``base.css``."""

from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from homecage.storage.publish import publish

_TEMPLATES = Path(__file__).parents[1]


def fill_page(path: Path, template: str, **values: object) -> None:
    """Publish a page.

    Args:
        path: the page.
        template: lies beside the module that fills it in, under its name (``check/page.html``), so that it
            is in the module's fingerprint; it extends ``pages/base.html``.
        values: what stands in it. Texts are escaped.
    """
    environment = Environment(
        loader=FileSystemLoader(_TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    text = environment.get_template(template).render(values)
    with publish(path) as temporary:
        temporary.write_text(text, encoding="utf-8")
