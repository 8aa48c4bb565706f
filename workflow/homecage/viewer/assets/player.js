// The video, by frames. Frame n of the copy is shown from n / fps to (n + 1) / fps of its own clock, so seeking
// to the middle of that shows frame n and no other, at any rate of the study's video.

class Player extends EventTarget {
  static SPEEDS = [0.25, 0.5, 1, 2, 4, 8];

  /** Events: `frame` (another frame is shown), `state` (playing, speed), `trouble` (why it cannot play). */
  constructor(video, model) {
    super();
    this.video = video;
    this.model = model;
    this.frame = 0;
    this.speed = 1;
    this.trouble = "";
    this.wanted = null; // The frame to seek to once the last seek is done.
    this.starting = false; // It plays once the last seek is done.
    video.addEventListener("loadedmetadata", () => this.seekTo(this.frame));
    video.addEventListener("seeked", () => {
      if (this.wanted !== null) this._seek(this.wanted);
    });
    video.addEventListener("play", () => this._tell("state"));
    video.addEventListener("pause", () => {
      if (video.ended) this._show(this.model.frames - 1); // Which may have come too late to be seen.
      this._settle();
      this._tell("state");
    });
    video.addEventListener("error", () => this._fail());
    if (video.error) this._fail();
    this._watch();
  }

  get playing() {
    return !this.video.paused && !this.video.ended;
  }

  /** Show a frame. */
  seekTo(frame) {
    this._show(this.model.clamp(frame));
    this._seek(this.frame);
  }

  pause() {
    this.starting = false;
    this.video.pause();
    this._settle();
  }

  step(n) {
    this.pause();
    this.seekTo(this.frame + n);
  }

  async toggle() {
    if (this.playing || this.starting) {
      this.pause();
      return;
    }
    if (this.trouble) {
      this._tell("trouble");
      return;
    }
    if (this.frame >= this.model.frames - 1) this.seekTo(0);
    this.starting = true;
    while (this.starting && this.video.seeking)
      await new Promise((go) => this.video.addEventListener("seeked", go, { once: true }));
    if (!this.starting) return; // It was stopped meanwhile.
    this.starting = false;
    this._pace();
    try {
      await this.video.play();
    } catch (error) {
      if (error.name !== "AbortError") this._fail(error.message);
    }
  }

  setSpeed(speed) {
    this.speed = speed;
    this._pace();
    this._tell("state");
  }

  /** Faster (1) or slower (-1). */
  changeSpeed(direction) {
    const { SPEEDS } = Player;
    const place = SPEEDS.indexOf(this.speed) + direction;
    this.setSpeed(SPEEDS[Math.min(Math.max(place, 0), SPEEDS.length - 1)]);
  }

  /** Show the frame that is said to be shown: the video may have run on a little. */
  _settle() {
    this._seek(this.frame);
  }

  _seek(frame) {
    const { video } = this;
    if (video.readyState < 1) return;
    this.wanted = video.seeking ? frame : null;
    if (!video.seeking) video.currentTime = (frame + 0.5) / this.model.fps;
  }

  /** Follow the frames that the browser shows. */
  _watch() {
    const { video } = this;
    const see = (time) => {
      if (!video.paused && !video.seeking) this._show(this.model.clamp(Math.floor(time * this.model.fps)));
    };
    if (video.requestVideoFrameCallback) {
      const next = (_, shown) => {
        see(shown.mediaTime + 0.5 / this.model.fps);
        video.requestVideoFrameCallback(next);
      };
      video.requestVideoFrameCallback(next);
    } else video.addEventListener("timeupdate", () => see(video.currentTime));
  }

  _show(frame) {
    if (frame === this.frame && this.shown) return;
    this.shown = true;
    this.frame = frame;
    if (this.model.times) this._pace();
    this._tell("frame");
  }

  /** Play real time at the speed that is asked for, also where frames come at varying times. */
  _pace() {
    const rate = (this.speed * this.model.rateAt(this.frame)) / this.model.fps;
    const within = Math.min(Math.max(rate, 0.0625), 16); // What browsers take.
    if (Math.abs(this.video.playbackRate / within - 1) > 0.02) this.video.playbackRate = within;
  }

  _fail(why) {
    this.trouble = why || this.video.error?.message || "no reason given";
    this._tell("trouble");
  }

  _tell(what) {
    this.dispatchEvent(new Event(what));
  }
}
