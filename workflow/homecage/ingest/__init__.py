"""What comes in: the layouts of data sets, the formats of annotations, and their checks."""
