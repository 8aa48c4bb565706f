// The ethograms: rows of bouts, errors and probabilities over the frames of a video, drawn on canvases.
// Only what is in view is drawn; where bouts are narrower than a pixel, a pixel shows what most of it is.

class Timeline extends EventTarget {
  static AXIS = 24;
  static ROW = 28; // Two lines of a name.
  static GAP = 5;
  static STRIP = 14;
  static TRACE = 20;
  static MAP = 26;
  static NARROWEST = 24; // Frames in the nearest view.
  static DRAG = 4; // px that a click may move.

  /**
   * Events: `seek` (detail: frame), `select` (a row and a bout were chosen), `view`.
   * @param root the element that it fills.
   */
  constructor(root, model, patterns) {
    super();
    Object.assign(this, { root, model, patterns });
    this.view = { from: 0, to: Math.max(model.frames, Timeline.NARROWEST) };
    this.frame = 0;
    this.selected = { row: model.chosen ?? model.rows[0] ?? null, bout: -1 };
    this.showTraces = true;
    this.disagreements = this.doubts = new Runs([], []);
    this.markers = []; // {row (or null for all), from, to}: outlined stretches.
    this.handlers = []; // Each may take a press before it pans: ({frame, row, bout, x}) => move(frame) or null.
    this.hover = null;
    this.pointers = new Map();
    this._build();
    this.layOut();
    new ResizeObserver(() => this._resize()).observe(this.stage);
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.changed());
  }

  // What it is made of

  _build() {
    const make = (tag, name, parent) => {
      const element = document.createElement(tag);
      element.className = name;
      parent.append(element);
      return element;
    };
    this.map = make("canvas", "map", this.root);
    this.map.setAttribute("role", "img");
    this.map.setAttribute("aria-label", "The whole video; the part that is shown below is framed");
    const body = make("div", "tracks", this.root);
    this.labels = make("div", "labels", body);
    this.labels.setAttribute("role", "radiogroup");
    this.labels.setAttribute("aria-label", "Row whose bouts are jumped to");
    this.stage = make("div", "stage", body);
    this.base = make("canvas", "base", this.stage);
    this.base.setAttribute("role", "img");
    this.base.setAttribute("aria-label", "Ethograms; the table of what is said of this frame says the same in words");
    this.over = make("canvas", "over", this.stage);
    this.over.setAttribute("aria-hidden", "true");
    this.tip = make("div", "tip", this.stage);
    this.tip.setAttribute("aria-hidden", "true");
    this.tip.hidden = true;
    this.stage.addEventListener("pointerdown", (event) => this._press(event));
    this.stage.addEventListener("pointermove", (event) => this._move(event));
    for (const end of ["pointerup", "pointercancel"])
      this.stage.addEventListener(end, (event) => this._release(event));
    this.stage.addEventListener("pointerleave", () => this._point(null));
    this.stage.addEventListener("wheel", (event) => this._wheel(event), { passive: false });
    this.map.addEventListener("pointerdown", (event) => this._pressMap(event));
    this.map.addEventListener("pointermove", (event) => event.buttons && this._pressMap(event));
  }

  /** Place the tracks anew: rows were added, or traces shown or hidden. */
  layOut() {
    const { AXIS, ROW, GAP, STRIP, TRACE } = Timeline;
    this.tracks = [];
    let top = AXIS;
    const add = (track, height, gap = GAP) => {
      this.tracks.push({ ...track, top, height });
      top += height + gap;
    };
    for (const row of this.model.rows) add({ row, title: row.title }, ROW);
    if (this.model.chosen) add({ runs: "disagreements", title: "disagreement" }, STRIP);
    if (this.model.probability) {
      add({ runs: "doubts", title: "low confidence" }, STRIP, 2 * GAP);
      if (this.showTraces)
        this.model.behaviors.forEach(({ name }, behavior) => add({ behavior, title: `p(${name})` }, TRACE, 3));
    }
    this.height = top + GAP;
    this.stage.style.height = this.labels.style.height = `${this.height}px`;
    this._label();
    this._resize();
  }

  _label() {
    const buttons = this.tracks.map((track) => {
      const label = document.createElement(track.row ? "button" : "div");
      label.style.top = `${track.top}px`;
      label.style.height = `${track.height}px`;
      const name = document.createElement("span");
      name.textContent = label.title = track.title;
      label.append(name);
      if (track.row) {
        const selected = track.row === this.selected.row;
        label.type = "button";
        label.setAttribute("role", "radio");
        label.setAttribute("aria-checked", String(selected));
        label.tabIndex = selected ? 0 : -1;
        label.dataset.row = track.row.id;
        label.addEventListener("click", () => this.select(track.row));
        label.addEventListener("focus", () => label.tabIndex < 0 && this.select(track.row));
      }
      return label;
    });
    this.labels.replaceChildren(...buttons);
  }

  /** Choose the row, and the bout in it, that keys act on. */
  select(row, bout = -1) {
    const within = this.labels.contains(document.activeElement);
    const other = row !== this.selected.row;
    this.selected = { row, bout };
    if (other) {
      this._label();
      if (within) this.labels.querySelector("[aria-checked=true]")?.focus();
    }
    this.draw();
    this.dispatchEvent(new Event("select"));
  }

  // Where it looks

  /** Frames for each px. */
  get scale() {
    return (this.view.to - this.view.from) / this.width;
  }

  xOf(frame) {
    return (frame - this.view.from) / this.scale;
  }

  frameAtX(x) {
    return this.model.clamp(Math.floor(this.view.from + x * this.scale));
  }

  look(from, to) {
    const most = Math.max(this.model.frames, Timeline.NARROWEST);
    const span = Math.min(Math.max(to - from, Timeline.NARROWEST), most);
    const start = Math.min(Math.max(from, 0), most - span);
    this.view = { from: start, to: start + span };
    this.changed();
    this.dispatchEvent(new Event("view"));
  }

  /** Zoom in (factor < 1) or out around a frame that stays where it is. */
  zoom(factor, frame = this.frame + 0.5) {
    const { from, to } = this.view;
    const within = frame >= from && frame <= to ? frame : (from + to) / 2;
    const span = Math.min(Math.max((to - from) * factor, Timeline.NARROWEST), this.model.frames);
    const share = (within - from) / (to - from);
    this.look(within - share * span, within + (1 - share) * span);
  }

  /** Scroll by a share of what is shown. */
  scroll(share) {
    const { from, to } = this.view;
    this.look(from + share * (to - from), to + share * (to - from));
  }

  /** Scroll so that a frame is seen; it comes to stand at a share of the width. */
  reveal(frame, share = 0.3) {
    const { from, to } = this.view;
    if (frame >= from && frame < to) return;
    this.look(frame - share * (to - from), frame + (1 - share) * (to - from));
  }

  setFrame(frame, playing) {
    this.frame = frame;
    this.reveal(frame, playing ? 0.05 : 0.3);
    this.draw();
  }

  // The pointer

  _find(event) {
    const box = this.stage.getBoundingClientRect();
    const [x, y] = [event.clientX - box.left, event.clientY - box.top];
    const frame = this.frameAtX(x);
    const track = this.tracks.find((one) => y >= one.top && y < one.top + one.height) ?? null;
    const row = track?.row ?? null;
    return { x, y, frame, track, row, bout: row ? row.at(frame) : -1 };
  }

  _press(event) {
    if (event.button > 0) return;
    this.stage.setPointerCapture(event.pointerId);
    this.pointers.set(event.pointerId, event);
    const found = this._find(event);
    this.pressed = { ...found, view: { ...this.view }, moved: false, move: null };
    for (const handler of this.handlers) this.pressed.move ??= handler(found) ?? null;
    if (this.pointers.size === 2) this.pinch = { ...this._span(), view: { ...this.view } };
  }

  _move(event) {
    const found = this._find(event);
    if (!this.pointers.has(event.pointerId)) return this._point(found);
    this.pointers.set(event.pointerId, event);
    const { pressed } = this;
    if (this.pointers.size === 2 && this.pinch) return this._pinch();
    if (!pressed.moved && Math.abs(found.x - pressed.x) < Timeline.DRAG) return;
    pressed.moved = true;
    if (pressed.move) return pressed.move(found.frame);
    const shift = (pressed.x - found.x) * ((pressed.view.to - pressed.view.from) / this.width);
    this.look(pressed.view.from + shift, pressed.view.to + shift);
    this.stage.classList.add("panning");
  }

  _release(event) {
    if (!this.pointers.delete(event.pointerId)) return;
    this.stage.classList.remove("panning");
    const { pressed, pinch } = this;
    if (pinch) {
      if (!this.pointers.size) this.pinch = null;
      return;
    }
    if (event.type === "pointerup" && !pressed.moved) {
      if (pressed.row) this.select(pressed.row, pressed.bout);
      this.dispatchEvent(new CustomEvent("seek", { detail: pressed.frame }));
    }
  }

  _span() {
    const [a, b] = [...this.pointers.values()].map((event) => this._find(event).x);
    return { middle: (a + b) / 2, apart: Math.max(Math.abs(a - b), 10) };
  }

  _pinch() {
    const { middle, apart } = this._span();
    const { view } = this.pinch;
    const before = (view.to - view.from) / this.width;
    const scale = (before * this.pinch.apart) / apart;
    const from = view.from + this.pinch.middle * before - middle * scale;
    this.look(from, from + scale * this.width);
  }

  _wheel(event) {
    event.preventDefault();
    const unit = event.deltaMode ? 16 : 1; // Lines, or px.
    const across = event.shiftKey || Math.abs(event.deltaX) > Math.abs(event.deltaY);
    const turned = (across && event.deltaX ? event.deltaX : event.deltaY) * unit;
    if (across && !event.ctrlKey) this.scroll(turned / this.width);
    else this.zoom(Math.exp(Math.min(Math.max(turned, -200), 200) / 300), this._find(event).frame + 0.5);
  }

  _pressMap(event) {
    if (event.button > 0) return;
    this.map.setPointerCapture(event.pointerId);
    const box = this.map.getBoundingClientRect();
    const frame = ((event.clientX - box.left) / box.width) * this.model.frames;
    const half = (this.view.to - this.view.from) / 2;
    this.look(frame - half, frame + half);
  }

  /** Say what is under the pointer. */
  _point(found) {
    this.hover = found;
    this.tip.hidden = !found;
    if (found) {
      const { model, tip } = this;
      const lines = [`${formatTime(model.timeOf(found.frame))}  ·  frame ${found.frame}`];
      for (const row of model.rows) {
        const behavior = row.behaviorAt(found.frame);
        const name = behavior < 0 ? "not labeled" : model.behaviors[behavior].name;
        const p = row === model.chosen ? model.probabilityOf(behavior, found.frame) : null;
        lines.push(`${row.title}: ${name}${p === null ? "" : ` (p ${p.toFixed(2)})`}`);
      }
      if (found.track?.behavior !== undefined) {
        const p = model.probabilityOf(found.track.behavior, found.frame);
        lines.push(`${found.track.title}: ${p === null ? "none" : p.toFixed(2)}`);
      }
      tip.textContent = lines.join("\n");
      const left = found.x + 14 + tip.offsetWidth > this.width ? found.x - 14 - tip.offsetWidth : found.x + 14;
      tip.style.transform = `translate(${Math.max(left, 0)}px, ${Math.max(0, found.y - tip.offsetHeight - 8)}px)`;
    }
    this.draw();
  }

  // Drawing

  _resize() {
    this.width = Math.max(this.stage.clientWidth, 1);
    const ratio = window.devicePixelRatio || 1;
    for (const canvas of [this.base, this.over]) fit(canvas, this.width, this.height, ratio);
    fit(this.map, this.map.parentElement.clientWidth, Timeline.MAP, ratio);
    this.changed();
  }

  /** Rows, view or colors are others now. */
  changed() {
    this.stale = true;
    this.draw();
  }

  /** Rows are others: forget what was drawn of the whole video. */
  rowsChanged() {
    this.mapDrawn = null;
    this.changed();
  }

  draw() {
    this.asked ??= requestAnimationFrame(() => {
      this.asked = null;
      if (this.stale) {
        this.stale = false;
        this._readColors();
        this._drawBase();
      }
      this._drawMap();
      this._drawOver();
    });
  }

  _readColors() {
    const style = getComputedStyle(this.root);
    const read = (name) => style.getPropertyValue(`--${name}`).trim();
    const colors = {};
    for (const name of ["ink", "quiet", "line", "track", "accent", "doubt", "wrong", "paper"]) colors[name] = read(name);
    if (this.colors?.paper !== colors.paper) this.mapDrawn = null;
    this.colors = colors;
    this.font = `12px ${style.fontFamily}`;
  }

  _drawBase() {
    const ctx = begin(this.base);
    ctx.font = this.font;
    this._drawAxis(ctx);
    for (const track of this.tracks) {
      ctx.fillStyle = this.colors.track;
      const end = Math.min(this.xOf(this.model.frames), this.width);
      ctx.fillRect(0, track.top, end, track.height);
      if (track.row) this._drawRow(ctx, track.row, track, this.view, this.width, true);
      else if (track.runs) this._drawRuns(ctx, this[track.runs], track);
      else this._drawTrace(ctx, track);
    }
  }

  _drawAxis(ctx) {
    const { model, view } = this;
    const first = model.timeOf(Math.floor(view.from));
    const last = model.timeOf(Math.ceil(view.to));
    const wanted = Math.max(((last - first) * 90) / this.width, 1e-3);
    const steps = [0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400, 28800];
    const step = steps.find((one) => one >= wanted) ?? 86400;
    const digits = step < 0.1 ? 2 : step < 1 ? 1 : 0;
    ctx.fillStyle = this.colors.quiet;
    ctx.strokeStyle = this.colors.line;
    ctx.textBaseline = "middle";
    ctx.textAlign = "left";
    for (let n = Math.ceil(first / step - 1e-6); n * step <= last; n++) {
      const x = Math.round(this.xOf(model.frameAt(n * step))) + 0.5;
      ctx.beginPath();
      ctx.moveTo(x, 4);
      ctx.lineTo(x, this.height);
      ctx.stroke();
      ctx.fillText(formatTime(n * step, digits), x + 4, Timeline.AXIS / 2);
    }
  }

  /** Draw the bouts of a row that are in view; `named`: with their names, where there is room. */
  _drawRow(ctx, row, { top, height }, view, width, named) {
    const scale = (view.to - view.from) / width;
    const first = Math.max(row.after(view.from) - 1, 0);
    let last = row.after(view.to);
    while (last > first && row.start[last - 1] >= view.to) last--;
    const fills = this.patterns.behaviors.map((_, behavior) => this.patterns.fill(ctx, behavior));
    if (last - first > width / 2) {
      drawColumns(ctx, row, first, last, view, width, fills, top, height);
      return;
    }
    ctx.textBaseline = "middle";
    ctx.textAlign = "center";
    for (let bout = first; bout < last; bout++) {
      const from = Math.max((row.start[bout] - view.from) / scale, -2);
      const to = Math.min((row.stop[bout] - view.from) / scale, width + 2);
      if (to <= from) continue;
      ctx.fillStyle = fills[row.behavior[bout]];
      ctx.fillRect(from, top, Math.max(to - from, 1), height);
      if (!named) continue;
      if (to - from > 4) {
        ctx.fillStyle = this.colors.paper;
        ctx.fillRect(to - 0.5, top, 0.5, height);
      }
      const { name, color } = this.model.behaviors[row.behavior[bout]];
      const [left, right] = [Math.max(from, 0), Math.min(to, width)];
      const wide = right - left > 24 ? ctx.measureText(name).width + 8 : Infinity;
      if (wide > right - left - 4) continue;
      ctx.fillStyle = color;
      ctx.fillRect((left + right - wide) / 2, top + 5, wide, height - 10);
      ctx.fillStyle = Patterns.ink(color);
      ctx.fillText(name, (left + right) / 2, top + height / 2 + 0.5);
    }
  }

  _drawRuns(ctx, runs, { top, height, runs: what }) {
    ctx.fillStyle = what === "doubts" ? this.colors.doubt : this.colors.wrong;
    let drawn = -Infinity;
    for (let run = Math.max(runs.after(this.view.from) - 1, 0); run < runs.length; run++) {
      if (runs.start[run] >= this.view.to) break;
      const from = Math.max(this.xOf(runs.start[run]), drawn, 0);
      const to = Math.max(this.xOf(runs.stop[run]), this.xOf(runs.start[run]) + 1);
      if (to <= from) continue;
      ctx.fillRect(from, top, to - from, height);
      drawn = to;
    }
  }

  /** Draw how likely a behavior is, as a curve over its ground. */
  _drawTrace(ctx, { behavior, top, height }) {
    const { model, view } = this;
    const bottom = top + height;
    const step = Math.max(1, 1 / this.scale); // px: of a frame, where it is wider than one.
    ctx.fillStyle = model.behaviors[behavior].color;
    ctx.strokeStyle = this.colors.ink;
    ctx.lineWidth = 0.75;
    const outline = new Path2D();
    const area = new Path2D();
    let open = false;
    const firstX = step > 1 ? this.xOf(Math.floor(view.from)) : 0;
    for (let x = firstX; x < this.width; x += step) {
      const from = Math.floor(view.from + x * this.scale + 1e-6);
      if (from >= model.frames) break;
      const to = Math.min(Math.max(Math.floor(view.from + (x + step) * this.scale + 1e-6), from + 1), model.frames);
      const byte = model.meanProbability(behavior, Math.max(from, 0), to);
      if (byte === Model.NOTHING) {
        open = false;
        continue;
      }
      const share = byte / Model.MOST;
      const y = bottom - share * (height - 1);
      area.rect(x, y, step, bottom - y);
      if (open) outline.lineTo(x, y);
      else outline.moveTo(x, y);
      outline.lineTo(x + step, y);
      open = true;
    }
    ctx.fill(area);
    ctx.stroke(outline);
  }

  _drawMap() {
    const canvas = this.map;
    const row = this.model.chosen ?? this.model.rows[0];
    const width = canvas.parentElement.clientWidth;
    const whole = { from: 0, to: Math.max(this.model.frames, Timeline.NARROWEST) };
    if (this.mapDrawn?.width !== canvas.width) {
      this.mapDrawn = document.createElement("canvas");
      this.mapDrawn.width = canvas.width;
      this.mapDrawn.height = canvas.height;
      const ctx = begin(this.mapDrawn, width);
      ctx.fillStyle = this.colors.track;
      ctx.fillRect(0, 6, width, Timeline.MAP - 12);
      if (row) this._drawRow(ctx, row, { top: 6, height: Timeline.MAP - 12 }, whole, width, false);
    }
    const ctx = begin(canvas, width);
    ctx.drawImage(this.mapDrawn, 0, 0, width, Timeline.MAP);
    const x = (frame) => ((frame - whole.from) / whole.to) * width;
    const [from, to] = [x(this.view.from), x(this.view.to)];
    ctx.fillStyle = this.colors.paper;
    ctx.globalAlpha = 0.6;
    ctx.fillRect(0, 0, from, Timeline.MAP);
    ctx.fillRect(to, 0, width - to, Timeline.MAP);
    ctx.globalAlpha = 1;
    ctx.strokeStyle = this.colors.ink;
    ctx.lineWidth = 2;
    ctx.strokeRect(Math.min(from + 1, width - 5), 1, Math.max(to - from - 2, 3), Timeline.MAP - 2);
    ctx.fillStyle = this.colors.accent;
    ctx.fillRect(x(this.frame + 0.5) - 1, 0, 2, Timeline.MAP);
  }

  _drawOver() {
    const ctx = begin(this.over);
    const { colors } = this;
    const outline = (track, from, to, color) => {
      ctx.strokeStyle = color;
      ctx.lineWidth = 2.5;
      const left = Math.max(this.xOf(from), -4);
      const right = Math.min(this.xOf(to), this.width + 4);
      if (right > left) ctx.strokeRect(left, track.top - 1.5, Math.max(right - left, 2), track.height + 3);
    };
    for (const { row, from, to } of this.markers)
      for (const track of this.tracks)
        if (track.row && (!row || row === track.row)) outline(track, from, to, colors.doubt);
    const { row, bout } = this.selected;
    const chosen = this.tracks.find((track) => track.row === row);
    if (chosen && bout >= 0 && bout < row.length) outline(chosen, row.start[bout], row.stop[bout], colors.ink);
    if (this.hover) {
      ctx.fillStyle = colors.quiet;
      ctx.fillRect(Math.round(this.hover.x), Timeline.AXIS - 6, 1, this.height);
    }
    const [left, right] = [this.xOf(this.frame), this.xOf(this.frame + 1)];
    ctx.fillStyle = colors.accent;
    ctx.globalAlpha = 0.25;
    ctx.fillRect(left, 0, right - left, this.height);
    ctx.globalAlpha = 1;
    const middle = (left + right) / 2;
    ctx.fillRect(middle - 1, 0, 2, this.height);
    ctx.beginPath();
    ctx.moveTo(middle - 6, 0);
    ctx.lineTo(middle + 6, 0);
    ctx.lineTo(middle, 8);
    ctx.fill();
  }
}

/** Draw bouts that are narrower than pixels: each px shows the behavior that takes most of it. */
function drawColumns(ctx, row, first, last, view, width, fills, top, height) {
  const scale = (view.to - view.from) / width;
  const nColumns = Math.ceil(width);
  const K = fills.length;
  const share = new Float32Array(nColumns * K);
  for (let bout = first; bout < last; bout++) {
    const from = Math.max((row.start[bout] - view.from) / scale, 0);
    const to = Math.min((row.stop[bout] - view.from) / scale, nColumns);
    for (let x = Math.floor(from); x < to; x++)
      share[x * K + row.behavior[bout]] += Math.min(to, x + 1) - Math.max(from, x);
  }
  let begun = 0;
  let now = -1;
  for (let x = 0; x <= nColumns; x++) {
    let most = -1;
    let best = 0;
    if (x < nColumns)
      for (let k = 0; k < K; k++)
        if (share[x * K + k] > best) {
          best = share[x * K + k];
          most = k;
        }
    if (most === now && x < nColumns) continue;
    if (now >= 0) {
      ctx.fillStyle = fills[now];
      ctx.fillRect(begun, top, x - begun, height);
    }
    begun = x;
    now = most;
  }
}

function fit(canvas, width, height, ratio) {
  canvas.width = Math.round(width * ratio);
  canvas.height = Math.round(height * ratio);
  canvas.style.height = `${height}px`;
}

/** Clear a canvas, and let one unit be a px of the page. */
function begin(canvas, width = canvas.clientWidth) {
  const ctx = canvas.getContext("2d");
  const ratio = width ? canvas.width / width : 1;
  ctx.setTransform(ratio, 0, 0, ratio, 0, 0);
  ctx.clearRect(0, 0, canvas.width, canvas.height);
  return ctx;
}
