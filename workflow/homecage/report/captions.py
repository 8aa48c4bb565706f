"""Captions, as Snakemake's report has them: a template of reStructuredText, here in HTML."""

import re

from docutils.core import publish_parts
from jinja2 import Environment

from homecage.report.options import Configuration

_SETTINGS = {"raw_enabled": False, "file_insertion_enabled": False, "report_level": 5}


def write_caption(text: str, data_label: str, configuration: Configuration) -> str:
    """Fill a caption in and return it as HTML.

    Args:
        text: the template, which asks for ``snakemake.params.data_label`` and ``snakemake.config``.
        data_label: what the data are.
        configuration: the values of the whole configuration.
    """
    params = {
        "data_label": re.sub(r"([^\w\s])", r"\\\1", data_label)
    }  # No mark-up in a lab's words.
    known = {"snakemake": {"params": params, "config": configuration.root}}
    filled = Environment().from_string(text).render(known)
    return str(publish_parts(filled, writer="html5", settings_overrides=_SETTINGS)["body"])
