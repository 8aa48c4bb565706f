// What a page knows of its video: frames and their times, rows of bouts, probabilities. Nothing here draws.
// Frames count from 0, bouts and runs are half-open: [start, stop).

/** Decode base64 to bytes. */
function decodeBytes(text) {
  const binary = atob(text);
  const bytes = new Uint8Array(binary.length);
  for (let i = 0; i < bytes.length; i++) bytes[i] = binary.charCodeAt(i);
  return bytes;
}

/** Stretches of frames in order that do not overlap, as arrays of starts and stops. */
class Runs {
  constructor(start, stop) {
    this.start = Int32Array.from(start);
    this.stop = Int32Array.from(stop);
  }

  get length() {
    return this.start.length;
  }

  /** How many frames they hold. */
  get frames() {
    return this.stop.reduce((sum, stop, run) => sum + stop - this.start[run], 0);
  }

  /** The first run that starts after a frame; `length` where none does. */
  after(frame) {
    let low = 0;
    let high = this.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.start[middle] > frame) high = middle;
      else low = middle + 1;
    }
    return low;
  }

  /** The run that holds a frame; -1 where none does. */
  at(frame) {
    const run = this.after(frame) - 1;
    return run >= 0 && frame < this.stop[run] ? run : -1;
  }

  /** The start of the next run, or of the one before the frame; -1 where there is none. */
  jump(frame, direction) {
    const run = direction > 0 ? this.after(frame) : this.after(frame - 1) - 1;
    return run >= 0 && run < this.length ? this.start[run] : -1;
  }

  /** Their numbers, the longest first. */
  byLength() {
    const length = (run) => this.stop[run] - this.start[run];
    return [...this.start.keys()].sort((a, b) => length(b) - length(a) || a - b);
  }

  /** The frames that are in these runs or in others. */
  union(others) {
    const all = [...this, ...others].sort((a, b) => a[0] - b[0]);
    const start = [];
    const stop = [];
    for (const [from, to] of all) {
      if (stop.length && from <= stop.at(-1)) stop[stop.length - 1] = Math.max(stop.at(-1), to);
      else {
        start.push(from);
        stop.push(to);
      }
    }
    return new Runs(start, stop);
  }

  *[Symbol.iterator]() {
    for (let run = 0; run < this.length; run++) yield [this.start[run], this.stop[run]];
  }
}

/** The bouts that an annotator or a method sees. */
class Row extends Runs {
  /** @param bouts a list of [start, stop, behavior], in order and without overlap. */
  constructor(id, title, kind, bouts) {
    super([], []);
    Object.assign(this, { id, title, kind });
    this.setBouts(bouts);
  }

  /** Unpack a row of the data, in which a bout is: frames since the one before, its own, its behavior. */
  static unpack({ id, title, kind, bouts }) {
    const unpacked = [];
    let frame = 0;
    for (let i = 0; i < bouts.length; i += 3) {
      const start = frame + bouts[i];
      frame = start + bouts[i + 1];
      unpacked.push([start, frame, bouts[i + 2]]);
    }
    return new Row(id, title, kind, unpacked);
  }

  setBouts(bouts) {
    this.start = Int32Array.from(bouts, (bout) => bout[0]);
    this.stop = Int32Array.from(bouts, (bout) => bout[1]);
    this.behavior = Int8Array.from(bouts, (bout) => bout[2]);
  }

  /** The bouts as a list of [start, stop, behavior]. */
  get bouts() {
    return Array.from(this.start, (start, i) => [start, this.stop[i], this.behavior[i]]);
  }

  /** The behavior of a frame; -1 where it is not labeled. */
  behaviorAt(frame) {
    const bout = this.at(frame);
    return bout < 0 ? -1 : this.behavior[bout];
  }

  /** The stretches that a bout of this row and one of another share: [from, to, whether they agree]. */
  *overlaps(other) {
    let i = 0;
    let j = 0;
    while (i < this.length && j < other.length) {
      const from = Math.max(this.start[i], other.start[j]);
      const to = Math.min(this.stop[i], other.stop[j]);
      if (from < to) yield [from, to, this.behavior[i] === other.behavior[j]];
      if (this.stop[i] <= other.stop[j]) i++;
      else j++;
    }
  }

  /** How many frames both rows label. */
  shared(other) {
    let frames = 0;
    for (const [from, to] of this.overlaps(other)) frames += to - from;
    return frames;
  }

  /** The frames that both rows label, and label differently. */
  disagreements(other) {
    const start = [];
    const stop = [];
    for (const [from, to, agree] of this.overlaps(other)) {
      if (agree) continue;
      if (stop.at(-1) === from) stop[stop.length - 1] = to;
      else {
        start.push(from);
        stop.push(to);
      }
    }
    return new Runs(start, stop);
  }
}

/** The video and all that is said of it. */
class Model {
  static VERSION = 1;
  static MOST = 254; // The byte of a probability of 1.
  static NOTHING = 255; // The byte of a frame of which the method says nothing.
  static BLOCK = 64; // Frames that are averaged once, for views of hours.

  constructor(data) {
    this.data = data;
    this.frames = data.frames;
    this.fps = data.fps[0] / data.fps[1]; // Of the copy's own clock.
    this.times = data.times ? new Float64Array(decodeBytes(data.times).buffer) : null;
    this.behaviors = data.behaviors;
    this.rows = data.rows.map(Row.unpack);
    this.probability = data.probability ? decodeBytes(data.probability) : null;
  }

  get chosen() {
    return this.rows.find((row) => row.id === this.data.method) ?? null;
  }

  get truth() {
    return this.rows.find((row) => row.id === "annotator_1") ?? null;
  }

  clamp(frame) {
    return Math.min(Math.max(Math.round(frame), 0), Math.max(this.frames - 1, 0));
  }

  /** When a frame is shown, in seconds. */
  timeOf(frame) {
    return this.times ? this.times[this.clamp(frame)] : this.clamp(frame) / this.fps;
  }

  /** The frame that is shown at a time: the last that begins by then. */
  frameAt(time) {
    if (!this.times) return this.clamp(Math.floor(time * this.fps + 1e-6));
    let low = 0;
    let high = this.frames;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.times[middle] <= time + 1e-6) low = middle + 1;
      else high = middle;
    }
    return this.clamp(low - 1);
  }

  /** How many frames come in a second around a frame. */
  rateAt(frame) {
    if (!this.times) return this.fps;
    const from = this.clamp(frame - 4);
    const to = this.clamp(frame + 4);
    const seconds = this.times[to] - this.times[from];
    return seconds > 0 ? (to - from) / seconds : this.fps;
  }

  /** How likely the chosen method takes a behavior to be in a frame; null where it says nothing. */
  probabilityOf(behavior, frame) {
    if (!this.probability || behavior < 0) return null;
    const byte = this.probability[behavior * this.frames + frame];
    return byte === Model.NOTHING ? null : byte / Model.MOST;
  }

  /** Mean of a behavior's bytes over [from, to), of blocks where many frames are asked for. */
  meanProbability(behavior, from, to) {
    if (to - from > 2 * Model.BLOCK) {
      const own = this.blocks.subarray(behavior * this.nBlocks, (behavior + 1) * this.nBlocks);
      return mean(own, Math.floor(from / Model.BLOCK), Math.ceil(to / Model.BLOCK));
    }
    const offset = behavior * this.frames;
    return mean(this.probability, offset + from, offset + to);
  }

  get nBlocks() {
    return Math.ceil(this.frames / Model.BLOCK);
  }

  get blocks() {
    if (!this._blocks) {
      this._blocks = new Uint8Array(this.nBlocks * this.behaviors.length);
      for (let k = 0; k < this.behaviors.length; k++)
        for (let block = 0; block < this.nBlocks; block++) {
          const from = k * this.frames + block * Model.BLOCK;
          const to = Math.min(from + Model.BLOCK, (k + 1) * this.frames);
          this._blocks[k * this.nBlocks + block] = mean(this.probability, from, to);
        }
    }
    return this._blocks;
  }

  /** Where a method and annotator 1 disagree, or, without annotation, it and another method. */
  findDisagreements(method = this.chosen) {
    const { truth } = this;
    if (!method) return new Runs([], []);
    const others = truth ? [truth] : this.rows.filter((r) => r.kind === "method" && r !== method);
    const found = others.map((row) => method.disagreements(row));
    return found.reduce((all, one) => all.union(one), new Runs([], []));
  }

  /** The share of the frames that a row and annotator 1 label on which they agree; null without any. */
  agreement(row) {
    if (!this.truth || row === this.truth) return null;
    const shared = row.shared(this.truth);
    return shared ? 1 - row.disagreements(this.truth).frames / shared : null;
  }

  /** Where the chosen method finds no behavior likelier than this. */
  findDoubts(threshold) {
    const start = [];
    const stop = [];
    if (!this.probability) return new Runs(start, stop);
    const limit = threshold * Model.MOST;
    for (let frame = 0, low = false; frame <= this.frames; frame++) {
      const most = frame < this.frames ? this.confidence[frame] : Model.NOTHING;
      if (most < limit !== low) {
        (low ? stop : start).push(frame);
        low = !low;
      }
    }
    return new Runs(start, stop);
  }

  /** The largest of a frame's bytes; NOTHING where the method says nothing. */
  get confidence() {
    if (!this._confidence) {
      this._confidence = new Uint8Array(this.frames);
      for (let k = 0; k < this.behaviors.length; k++) {
        const own = this.probability.subarray(k * this.frames, (k + 1) * this.frames);
        for (let i = 0; i < own.length; i++)
          if (own[i] > this._confidence[i]) this._confidence[i] = own[i];
      }
    }
    return this._confidence;
  }
}

function mean(bytes, from, to) {
  let sum = 0;
  let n = 0;
  for (let i = from; i < to; i++)
    if (bytes[i] !== Model.NOTHING) {
      sum += bytes[i];
      n++;
    }
  return n ? sum / n : Model.NOTHING;
}

/** Write the frames [start, stop) for people: by the first and the last. */
function formatFrames(start, stop) {
  return stop - start > 1 ? `${start}–${stop - 1}` : String(start);
}

/** Write seconds as h:mm:ss.mmm. */
function formatTime(seconds, digits = 3) {
  const scale = 10 ** digits;
  const units = Math.round(Math.abs(seconds) * scale);
  const whole = Math.floor(units / scale);
  const two = (n) => String(n).padStart(2, "0");
  const rest = digits ? `.${String(units % scale).padStart(digits, "0")}` : "";
  const sign = seconds < 0 && units ? "−" : "";
  return `${sign}${Math.floor(whole / 3600)}:${two(Math.floor(whole / 60) % 60)}:${two(whole % 60)}${rest}`;
}
