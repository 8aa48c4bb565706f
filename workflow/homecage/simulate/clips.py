"""The clipped database: short clips of one behavior each, cut from recordings of their own."""

from pathlib import Path

from homecage.simulate.encode import write_mpeg
from homecage.simulate.options import SimulationOptions
from homecage.simulate.plan import count_session_frames, plan_clips
from homecage.simulate.session import draw_frames, open_session
from homecage.storage.publish import publish


def simulate_clips(*, folder: str, options: SimulationOptions, output: Path) -> None:
    """Write one folder of clips, one behavior each."""
    clips = plan_clips(folder, options)
    with publish(output) as temporary:
        temporary.mkdir()
        for name in sorted({clip.session for clip in clips}):
            session = open_session(name, options, count_session_frames())
            for clip in clips:
                if clip.session == name:
                    write_mpeg(draw_frames(session, clip.start, clip.stop), temporary / clip.name)
