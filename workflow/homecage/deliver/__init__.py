"""Results in the form that other people and programs take: bundles, annotated videos, exports."""
