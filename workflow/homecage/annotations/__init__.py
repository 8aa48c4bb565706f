"""Annotation formats, one module each, and annotations in the form that later steps read."""
