"""homecage: from a folder of rodent videos to a scored ethogram.

The rooms, in the order the data passes through them: ``simulate``, ``ingest``, ``frames``, ``clips``,
``convnet``, ``features``, ``sequence``, ``evaluate``, ``report``. A room never imports a later one.
"""
