"""From video files to stores of frames: every frame once, with its time, or an error."""
