# Pages on which a video and its ethogram are looked at together, doubted and corrected.
