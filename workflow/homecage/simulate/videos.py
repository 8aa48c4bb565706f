"""One full video."""

from pathlib import Path

from homecage.simulate.encode import write_mpeg
from homecage.simulate.options import SimulationOptions
from homecage.simulate.process import count_frames
from homecage.simulate.session import draw_frames, open_session
from homecage.storage.publish import publish


def simulate_video(*, video: str, options: SimulationOptions, output: Path) -> None:
    """Write one full video: MPEG-1 in a program stream, 320x240, 30000/1001 frames/s, no audio."""
    n_frames = count_frames(options)
    session = open_session(video, options, n_frames)
    with publish(output) as temporary:
        write_mpeg(draw_frames(session, 0, n_frames), temporary)
