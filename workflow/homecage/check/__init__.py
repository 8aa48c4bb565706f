"""The gate: a verdict on every file of a study before anything is learned from it."""
