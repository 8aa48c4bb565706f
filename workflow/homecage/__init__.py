"""homecage: from a folder of rodent videos to a scored ethogram.

The rooms, in the order the data passes through them: ``simulate``, ``study``, ``annotations``, ``frames``,
``check``, ``clips``, ``convnet``, ``features``, ``sequence``, ``evaluate``, ``report``, ``deliver``.
``storage`` and ``running`` serve all of them. A room never imports a later one.
"""
