"""A page is whole, says what it is told and runs nothing that it is told."""

import pytest
from jinja2 import UndefinedError

from homecage.pages import base
from homecage.pages.base import fill_page


@pytest.fixture
def template(tmp_path, monkeypatch):
    """Put a template beside the shared ones."""
    (tmp_path / "pages").mkdir()
    for name in ("base.html", "base.css"):
        own = (base._TEMPLATES / "pages" / name).read_text(encoding="utf-8")
        (tmp_path / "pages" / name).write_text(own, encoding="utf-8")
    text = '{% extends "pages/base.html" %}{% block body %}<p title="{{ word }}">{{ word }}</p>{% endblock %}'
    (tmp_path / "own.html").write_text(text)
    monkeypatch.setattr(base, "_TEMPLATES", tmp_path)
    return "own.html"


def test_texts_are_escaped(template, tmp_path):
    fill_page(tmp_path / "deep" / "page.html", template, word='<script>"é"&')
    text = (tmp_path / "deep" / "page.html").read_text(encoding="utf-8")
    assert '<p title="&lt;script&gt;&#34;é&#34;&amp;">&lt;script&gt;&#34;é&#34;&amp;</p>' in text
    assert text.startswith("<!DOCTYPE html>") and "prefers-color-scheme: dark" in text


def test_what_is_missing_is_no_page(template, tmp_path):
    with pytest.raises(UndefinedError, match="'word' is undefined"):
        fill_page(tmp_path / "page.html", template)
    assert not (tmp_path / "page.html").exists()
