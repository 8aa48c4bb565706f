"""What ffmpeg's log says of a video: its streams, what the container states, and every sign of damage."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field

from homecage.frames.containers import Statement
from homecage.study.crop import Crop

_MAX_DAMAGE = 4  # Lines of damage that are kept: a broken file has one for each of its frames.

_ADDRESS = re.compile(r" @ 0x[0-9a-f]+")
_SEVERE = re.compile(r"\[(error|fatal|panic)\]")
_CORRUPT = re.compile(r"\[warning\].*corrupt", re.IGNORECASE)
_CHANGE = re.compile(r"Reconfiguring filter graph because .*, (?P<width>\d+)x(?P<height>\d+)")
_JUMP = re.compile(r"timestamp discontinuity")

_NO_VIDEO = "it is no video, or of no kind that is read (avi, mkv, mov, mp4, mpeg, ts)"
_REFUSALS = {
    r"low score|not on whitelist|Not detecting": _NO_VIDEO,
    r"moov atom not found": "it has no table of its frames (moov): cut off, or its recording was not ended",
    r"Error opening input: (?!Invalid)(.*)": r"it cannot be opened: \1",
}

_INPUT = re.compile(r"\[info\] Input #0, (?P<kind>.*), from ")
_INPUT_ENDS = re.compile(r"\[info\] (Stream mapping:|Output #0)|\[fatal\]")
_STREAM = re.compile(r"\[info\] +Stream #0:\d+.*?: (?P<kind>[A-Z]\w+)(: (?P<text>.*))?")
_PICTURE = re.compile(r"\((attached pic|timed thumbnails)\)")
_SIZE = re.compile(r", (\d+)x(\d+)[ ,]")
_ASPECT = re.compile(r"SAR (\d+):(\d+)")
_FIELDS = re.compile(r"\b(top|bottom) (coded )?first")
_ROTATION = re.compile(r"isplay ?matrix: rotation of (-?[\d.]+)", re.IGNORECASE)
_DURATION = re.compile(r"\[info\] +Duration: ([\d:.]+), start: ")
_TAG = re.compile(r"\[info\] +(DURATION|NUMBER_OF_FRAMES) *: ([\d:.]+)")

_BY_LAST_TIMESTAMP = ("mpeg", "mpegts")  # They state nothing: ffmpeg looks at the file's end.


@dataclass
class _Stream:
    kind: str
    text: str
    tags: dict[str, str] = field(default_factory=dict)
    rotation: float = 0.0


class Log:
    """ffmpeg's log, read line by line; ``stream`` of the video streams is the one that is decoded."""

    damage: list[str]
    """Lines that say that frames are missing or wrong, each once, and how many more there are."""
    unfit: list[str]
    """Why there is nothing to decode, or no telling what."""

    def __init__(self, lines: Iterable[str], stream: int | None = None) -> None:
        self._chosen = stream
        self._opened_as = self._unopened = ""
        self._streams: list[_Stream] = []
        self._duration = ""
        self._n_jumps = 0
        damage: dict[str, None] = {}  # In the order of the log.
        n_more = 0
        in_input = False
        for line in lines:
            if match := _INPUT.search(line):
                self._opened_as, in_input = match["kind"], True
            in_input = in_input and not _INPUT_ENDS.search(line)
            if in_input:
                self._read_input(line)
            self._n_jumps += bool(_JUMP.search(line))
            if not self._opened_as:
                self._read_refusal(line)
            if not (sign := self._find_damage(line)):
                continue
            if len(damage) < _MAX_DAMAGE:
                damage[sign] = None
            elif sign not in damage:
                n_more += 1
        more = [f"and {n_more} more lines like these"] if n_more else []
        self.unfit = self._judge_streams()
        self.damage = [*damage, *more] if self._video or not self.unfit else []

    def _read_refusal(self, line: str) -> None:
        """Keep the first reason, in plain words, why ffmpeg does not open a file."""
        for pattern, reason in _REFUSALS.items():
            if match := re.search(pattern, line):
                self._unopened = self._unopened or match.expand(reason)

    def _read_input(self, line: str) -> None:
        if match := _STREAM.search(line):
            self._streams.append(_Stream(match["kind"], match["text"] or ""))
        elif match := _DURATION.search(line):
            self._duration = self._duration or match[1]
        elif self._streams:
            if match := _TAG.search(line):
                self._streams[-1].tags.setdefault(match[1], match[2])
            elif match := _ROTATION.search(line):
                self._streams[-1].rotation = float(match[1])

    def _find_damage(self, line: str) -> str:
        if match := _CHANGE.search(line):
            changed = int(match["width"]), int(match["height"])
            if changed != self._coded_size:
                return f"the picture's size changes to {changed[0]}x{changed[1]} on the way"
        elif _SEVERE.search(line) or _CORRUPT.search(line):
            return _ADDRESS.sub("", line).strip()
        return ""

    @property
    def _videos(self) -> list[_Stream]:
        return [s for s in self._streams if s.kind == "Video" and not _PICTURE.search(s.text)]

    @property
    def _video(self) -> _Stream | None:
        """The stream that is decoded."""
        videos, chosen = self._videos, self._chosen or 0
        return videos[chosen] if chosen < len(videos) else None

    @property
    def _coded_size(self) -> tuple[int, int] | None:
        match = _SIZE.search(self._video.text) if self._video else None
        return (int(match[1]), int(match[2])) if match else None

    @property
    def width_px(self) -> int | None:
        """The width of the upright picture, as first stated."""
        return self._upright_size[0]

    @property
    def height_px(self) -> int | None:
        """The height of the upright picture, as first stated."""
        return self._upright_size[1]

    def judge_crop(self, crop: Crop | None) -> list[str]:
        """Return that a part of the picture is asked for that it does not have."""
        width, height = self._upright_size
        if not crop or width is None or height is None:
            return []
        if crop.x_px + crop.width_px <= width and crop.y_px + crop.height_px <= height:
            return []
        return [f"the crop {crop} reaches beyond its upright picture of {width}x{height} pixels"]

    @property
    def _upright_size(self) -> tuple[int, int] | tuple[None, None]:
        if not self._video or not self._coded_size:
            return None, None
        width, height = self._coded_size
        turned = round(abs(self._video.rotation)) % 180 == 90
        return (height, width) if turned else (width, height)

    @property
    def warnings(self) -> list[str]:
        """What is unusual about the video, and does not make its frames wrong."""
        found = []
        text = self._video.text if self._video else ""
        uneven = [
            ratio for ratio in _ASPECT.findall(text) if ratio[0] != ratio[1] and "0" not in ratio
        ]
        if uneven:
            found.append(
                f"its pixels are not square, but {':'.join(uneven[0])}; they are taken as they lie"
            )
        if _FIELDS.search(text):
            found.append(
                "interlaced: each frame is of two moments, and what moves is combed; it is taken as it is"
            )
        if self._n_jumps:
            times = f"{self._n_jumps} times" if self._n_jumps > 1 else "once"
            found.append(
                f"its timestamps jump {times}; time goes on across the jump as if there was none"
            )
        return found

    @property
    def statement(self) -> Statement:
        """What the container states of the video, as far as ffmpeg repeats it."""
        if not self._video:
            return Statement()
        tags = self._video.tags
        counted = tags.get("NUMBER_OF_FRAMES", "")
        n_header = int(counted) if counted.isdecimal() else None
        if end_s := read_clock(tags.get("DURATION", "")):
            return Statement("duration", n_frames_header=n_header, end_s=end_s)
        if not (end_s := read_clock(self._duration)):
            return Statement("header" if n_header else "nothing", n_frames_header=n_header)
        looked_at_end = self._opened_as in _BY_LAST_TIMESTAMP
        return Statement(
            "last timestamp" if looked_at_end else "duration",
            n_frames_header=n_header,
            end_s=end_s,
            certain=len(self._streams) == 1 and not looked_at_end,
        )

    def _judge_streams(self) -> list[str]:
        """Return why there is no telling what to decode."""
        n_videos = len(self._videos)
        if not self._opened_as:
            return [self._unopened or _NO_VIDEO]
        if not n_videos:
            others = dict.fromkeys(
                "a still picture" if s.kind == "Video" else s.kind.lower() for s in self._streams
            )
            return [f"it holds no video, only {' and '.join(others) or 'nothing'}"]
        if self._video is None:
            return [
                f"frames.stream asks for its video stream {self._chosen}, counted from 0; it has {n_videos}"
            ]
        if n_videos > 1 and self._chosen is None:
            return [
                f"it has {n_videos} video streams; expected one, or frames.stream to say which "
                f"(0 to {n_videos - 1})"
            ]
        return []


def read_clock(text: str) -> float | None:
    """Return the seconds of hours:minutes:seconds."""
    match = re.fullmatch(r"(\d+):(\d\d):(\d\d(?:\.\d+)?)", text)
    return int(match[1]) * 3600 + int(match[2]) * 60 + float(match[3]) if match else None
