// Corrected bouts, as a list of edits from the row that they began as: so every edit can be taken back.
// A bout is [start, stop, behavior].

class Correction {
  /** @param rows the rows that it may begin as, the first one unless told. */
  constructor(rows) {
    this.rows = rows;
    this.edits = []; // {from: a row's id} or {at, out, in}: bouts from a place on that others replace.
    this.undone = [];
    this._replay();
  }

  /** Begin anew as a row is. */
  begin(id) {
    this._do({ from: id });
  }

  get first() {
    return this.edits.findLast((edit) => edit.from)?.from ?? this.rows[0].id;
  }

  /** The bout that holds a frame; -1 where none does. */
  at(frame) {
    return this.bouts.findIndex(([start, stop]) => start <= frame && frame < stop);
  }

  /** Replace what is said of [start, stop) by bouts that lie in it; others are cut there. */
  replace(start, stop, bouts) {
    const touched = this.bouts.map((bout, i) => [bout, i]).filter(([[from, to]]) => from < stop && to > start);
    const at = touched.length ? touched[0][1] : this.bouts.filter(([from]) => from < start).length;
    const cut = [];
    for (const [[from, to, k]] of touched) {
      if (from < start) cut.push([from, start, k]);
    }
    cut.push(...bouts);
    for (const [[from, to, k]] of touched) {
      if (to > stop) cut.push([stop, to, k]);
    }
    const before = touched.map(([bout]) => bout);
    if (JSON.stringify(cut) !== JSON.stringify(before)) this._do({ at, out: before.length, in: cut });
  }

  rename(bout, behavior) {
    const [start, stop] = this.bouts[bout];
    this.replace(start, stop, behavior < 0 ? [] : [[start, stop, behavior]]);
  }

  /** Let a frame be a bout's first: frames that it leaves go to the bout that touched it, if one did. */
  setStart(bout, frame) {
    const [start, stop, k] = this.bouts[bout];
    if (frame >= stop || frame === start) return;
    const before = this.bouts[bout - 1];
    const left = frame > start && before?.[1] === start ? [[before[0], frame, before[2]]] : [];
    this.replace(left.length ? before[0] : Math.min(start, frame), stop, [...left, [frame, stop, k]]);
  }

  /** Let a bout end before a frame. */
  setStop(bout, frame) {
    const [start, stop, k] = this.bouts[bout];
    if (frame <= start || frame === stop) return;
    const after = this.bouts[bout + 1];
    const left = frame < stop && after?.[0] === stop ? [[frame, after[1], after[2]]] : [];
    this.replace(start, left.length ? after[1] : Math.max(stop, frame), [[start, frame, k], ...left]);
  }

  /** Make two bouts of the one that holds a frame, which begins the second. */
  split(frame) {
    const bout = this.at(frame);
    if (bout < 0 || this.bouts[bout][0] === frame) return false;
    const [start, stop, k] = this.bouts[bout];
    this.replace(start, stop, [
      [start, frame, k],
      [frame, stop, k],
    ]);
    return true;
  }

  /** The frames [start, stop) around a frame that no bout holds. */
  gap(frame, frames) {
    const before = this.bouts.filter(([, stop]) => stop <= frame).at(-1);
    const after = this.bouts.find(([start]) => start > frame);
    return [before?.[1] ?? 0, after?.[0] ?? frames];
  }

  undo() {
    if (!this.edits.length) return false;
    this.undone.push(this.edits.pop());
    this._replay();
    return true;
  }

  redo() {
    if (!this.undone.length) return false;
    this.edits.push(this.undone.pop());
    this._apply(this.edits.at(-1));
    return true;
  }

  /** What is kept between visits. */
  save() {
    return { edits: this.edits, undone: this.undone };
  }

  load({ edits, undone }) {
    this.edits = edits;
    this.undone = undone;
    this._replay();
  }

  _do(edit) {
    this.edits.push(edit);
    this.undone = [];
    this._apply(edit);
  }

  _apply({ from, at, out, in: bouts }) {
    if (from) this.bouts = this.rows.find((row) => row.id === from).bouts;
    else this.bouts.splice(at, out, ...bouts);
  }

  _replay() {
    this._apply({ from: this.rows[0].id });
    for (const edit of this.edits) this._apply(edit);
  }
}
