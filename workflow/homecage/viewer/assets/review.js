// The review: what is worth a look, one clip after the other, and a row of bouts that is corrected on the way.

const REVIEW = `
  <section class="queue" aria-labelledby="queue-title">
    <div class="tabs" role="group" aria-label="What is listed">
      <h2 id="queue-title">Review</h2>
      <button type="button" id="list-doubts" aria-pressed="true">Worth a look</button>
      <button type="button" id="list-errors" aria-pressed="false">Worst errors</button>
    </div>
    <p id="worth"></p>
    <ol id="clips" tabindex="0" aria-label="Clips"></ol>
  </section>
  <section class="correct" aria-label="The corrected row">
    <div class="told">
      <p id="why" aria-live="polite" tabindex="0">The row “corrected” is yours to change. Press N for the first clip.</p>
      <p class="label"><span id="kept"></span> <span id="then"></span></p>
    </div>
    <div class="controls" role="group" aria-label="Clips">
      <button type="button" id="previous-clip">◂ Previous <kbd>P</kbd></button>
      <button type="button" id="replay">Again <kbd>R</kbd></button>
      <button type="button" id="next-clip">Next <kbd>N</kbd> ▸</button>
      <button type="button" id="accept" class="main">Seen, next <kbd>Enter</kbd></button>
    </div>
    <div class="controls" role="group" aria-label="Begin and save">
      <label>Begin anew as <select id="begin"></select></label>
      <label>Save as <select id="format"></select></label>
      <button type="button" id="save" class="main">Save</button>
    </div>
    <div class="controls" role="group" aria-label="The bout and edits">
      <label>Frames <span id="bout" class="bout"></span> are <select id="rename"></select></label>
      <button type="button" id="take">As in the chosen row <kbd>A</kbd></button>
      <button type="button" id="set-start">Starts here <kbd>[</kbd></button>
      <button type="button" id="set-stop">Ends here <kbd>]</kbd></button>
      <button type="button" id="split">Split here <kbd>X</kbd></button>
      <button type="button" id="undo">Undo <kbd>Ctrl+Z</kbd></button>
      <button type="button" id="redo">Redo <kbd>Ctrl+Y</kbd></button>
    </div>
  </section>`;

function review({ data, model, player, timeline, keys, patterns, ...page }) {
  const told = data.review;
  const clips = told.clips.map(([start, stop, seconds, gain, why]) => ({ start, stop, seconds, gain, why }));
  const people = model.rows.filter((row) => row.kind === "annotator");
  // Annotator 1's labels are what is corrected, where there are any; else what the method says.
  const sources = [...new Set([model.truth ?? model.chosen, model.chosen, ...people, ...model.rows])];
  const correction = new Correction(sources);
  const row = new Row("corrected", "corrected", "correction", correction.bouts);
  const seen = new Set(); // Starts of clips.
  let current = null; // The clip that is looked at.
  let errors = false; // Whether errors are listed, or clips that are worth a look.
  $("review").innerHTML = REVIEW;
  $("review").hidden = false;
  const upper = document.querySelector(".upper");
  upper.append($("review").querySelector(".queue")); // Beside the video, where there is room.
  upper.classList.add("reviewed");

  // Kept between visits, by what the page is of: where its rows are others, a review begins anew.

  const KEY = `homecage/${data.video}/${told.key}`;
  const keep = () => {
    try {
      localStorage.setItem(KEY, JSON.stringify({ ...correction.save(), seen: [...seen] }));
      $("kept").textContent = "Kept in this browser until you save.";
    } catch {
      $("kept").textContent = "This browser keeps nothing: save before you leave.";
    }
  };
  const recall = () => {
    try {
      const kept = JSON.parse(localStorage.getItem(KEY) ?? "null");
      if (!kept) return;
      correction.load(kept);
      for (const start of kept.seen) seen.add(start);
    } catch {
      correction.load({ edits: [], undone: [] }); // What was kept is damaged, or may not be read.
    }
  };

  // What is listed

  const percent = (share) => `${(100 * share).toFixed(1)} %`;
  const nameOf = (behavior) => (behavior < 0 ? "not labeled" : model.behaviors[behavior].name);
  const minutes = (list) => list.reduce((sum, { seconds }) => sum + seconds, 0) / 60;
  const gainOf = (list) => list.reduce((sum, { gain }) => sum + gain, 0) / Math.max(told.frames, 1);

  /** The longest disagreements, as clips; each with what is said on both sides. */
  const listErrors = () => {
    const method = page.judged();
    const { truth } = model;
    const runs = model.findDisagreements(method);
    return runs
      .byLength()
      .slice(0, 100)
      .map((run) => {
        const [start, stop] = [runs.start[run], runs.stop[run]];
        const seconds = model.timeOf(stop) - model.timeOf(start);
        const sides = truth ? [truth, method] : [method];
        const said = sides.map((side) => `${side.title}: ${say(side, start, stop)}`);
        return { start, stop, seconds, why: `${seconds.toFixed(1)} s. ${said.join(" → ")}` };
      });
  };
  const say = (of, start, stop) => {
    const found = of.bouts.filter(([from, to]) => from < stop && to > start).map(([, , k]) => nameOf(k));
    return [...new Set(found)].join(", ") || "nothing";
  };

  const listed = () => (errors ? worst : clips);
  const showList = () => {
    const items = listed().map((clip, place) => {
      const item = document.createElement("li");
      const button = document.createElement("button");
      const time = document.createElement("b");
      button.type = "button";
      time.textContent = formatTime(model.timeOf(clip.start), 1);
      // Both sides of it whole; what else is odd there as far as a line goes.
      const [first, ...others] = clip.why.split(errors ? / (?=→ )/ : /; /);
      const lines = [first, others.join("; ")].filter(Boolean).map((text) => {
        const line = document.createElement("span");
        line.textContent = text;
        return line;
      });
      lines[0].prepend(time, " ");
      if (!errors) lines[1]?.classList.add("rest");
      button.append(...lines);
      button.title = clip.why;
      button.addEventListener("click", () => lookAt(clip));
      item.append(button);
      item.dataset.place = place;
      clip.item = item;
      return item;
    });
    $("clips").replaceChildren(...items);
    $("list-doubts").setAttribute("aria-pressed", String(!errors));
    $("list-errors").setAttribute("aria-pressed", String(errors));
    showProgress();
  };
  const showProgress = () => {
    for (const clip of listed()) {
      clip.item?.classList.toggle("seen", !errors && seen.has(clip.start));
      if (clip === current) clip.item?.setAttribute("aria-current", "true");
      else clip.item?.removeAttribute("aria-current");
    }
    $("worth").replaceChildren(...(errors ? tellErrors() : tellWorth()));
  };
  const tellErrors = () => {
    const against = model.truth ? model.truth.title : "the other methods";
    return [`Where ${page.judged().title} and ${against} disagree, the longest first. Select another method to see its errors.`];
  };
  const tellWorth = () => {
    const left = clips.filter((clip) => !seen.has(clip.start));
    const bold = document.createElement("b");
    bold.id = "progress";
    bold.textContent = `${clips.length - left.length} of ${clips.length} clips seen, ${minutes(left).toFixed(1)} minutes left.`;
    if (told.expected === null) return [bold];
    const now = told.expected + gainOf(clips.filter((clip) => seen.has(clip.start)));
    const goal = [0.8, 0.9, 0.95, 0.98, 0.99].find((share) => share > now + 0.005);
    let text = ` Expected accuracy of ${model.chosen.title}, what was seen mended: ${percent(now)}`;
    text += seen.size ? ` (before: ${percent(told.expected)}).` : ".";
    let [expected, n] = [now, 0];
    while (n < left.length && goal && expected < goal) expected += gainOf([left[n++]]);
    if (goal && expected >= goal)
      text += ` To expect ${Math.round(100 * goal)} %: ${n} more clips, ${minutes(left.slice(0, n)).toFixed(1)} minutes.`;
    if (told.off !== null)
      text += ` In the other videos such an estimate was off by ${(100 * told.off).toFixed(1)} points before a review.`;
    return [bold, text];
  };

  // One clip after the other

  const lookAt = (clip) => {
    current = clip;
    $("why").textContent = clip.why;
    timeline.markers = [{ row: null, from: clip.start, to: clip.stop }];
    page.showSpan(clip.start, clip.stop);
    showProgress();
    const list = $("clips");
    list.scrollTop = clip.item.offsetTop - list.offsetTop - list.clientHeight / 3;
    replay();
  };
  const replay = () => {
    if (!current) return;
    if (player.playing) player.video.pause();
    choose(-1);
    page.seekTo(current.start);
    player.toggle();
  };
  /** The next clip of the list (1) or the one before (-1); of doubts, those that were not seen yet. */
  const go = (direction) => {
    const list = listed();
    let place = current ? list.indexOf(current) : -1;
    if (place < 0) place = direction > 0 ? -1 : list.length;
    do place += direction;
    while (direction > 0 && !errors && list[place] && seen.has(list[place].start));
    if (list[place]) lookAt(list[place]);
    else page.announce(direction > 0 ? "No clip after this one" : "No clip before this one");
  };
  const accept = () => {
    if (current && !errors) seen.add(current.start);
    keep();
    showProgress();
    go(1);
  };
  page.on("frame", () => {
    follow();
    if (current && player.playing && player.frame >= current.stop - 1) {
      player.video.pause();
      player.seekTo(current.stop - 1);
    }
    showBout();
  });

  // The corrected row

  const changed = (said) => {
    row.setBouts(correction.bouts);
    choose(-1); // Bouts have other numbers now.
    page.rowsChanged();
    showState();
    keep();
    if (said) page.announce(said);
  };
  const choose = (bout) => {
    if (timeline.selected.row === row) timeline.select(row, bout);
  };
  /** The bout whose ends keys move: the chosen one of the corrected row, or else the one that is shown. */
  const find = () => {
    const { row: chosen, bout } = timeline.selected;
    return chosen === row && bout >= 0 ? bout : row.at(player.frame);
  };
  /** Let go of a chosen bout that was left by playing or by a jump; steps may leave it, to move its end. */
  let last = 0;
  const follow = () => {
    const { row: chosen, bout } = timeline.selected;
    const jumped = player.playing || Math.abs(player.frame - last) > model.rateAt(player.frame);
    last = player.frame;
    if (chosen === row && bout >= 0 && jumped && row.at(player.frame) !== bout) choose(-1);
  };
  const showBout = () => {
    const bout = row.at(player.frame);
    const text = bout < 0 ? "not labeled" : formatFrames(row.start[bout], row.stop[bout]);
    if ($("bout").textContent !== text) $("bout").textContent = text;
    const value = bout < 0 ? "-1" : String(row.behavior[bout]);
    if ($("rename").value !== value) $("rename").value = value;
  };
  const showState = () => {
    $("undo").disabled = !correction.edits.length;
    $("redo").disabled = !correction.undone.length;
    $("begin").value = correction.first;
    showBout();
  };
  const rename = (behavior) => {
    const bout = row.at(player.frame);
    if (bout >= 0) correction.rename(bout, behavior);
    else if (behavior >= 0) {
      const [start, stop] = correction.gap(player.frame, model.frames);
      correction.replace(start, stop, [[start, stop, behavior]]);
    }
    changed(nameOf(behavior));
  };
  /** Let a bout start or stop with a frame; it stays chosen. */
  const moveEnd = (bout, what, frame) => {
    const other = what === "start" ? row.stop[bout] - 1 : row.start[bout];
    if (what === "start") correction.setStart(bout, frame);
    else correction.setStop(bout, frame + 1);
    changed();
    timeline.select(row, row.at(other));
  };
  const setEnd = (what) => {
    const bout = find();
    if (bout < 0) return page.announce("No bout is chosen in the corrected row");
    const { frame } = player;
    moveEnd(bout, what, frame);
    page.announce(`The bout ${what === "start" ? "starts with" : "ends with"} frame ${frame}`);
  };
  const split = () => {
    if (correction.split(player.frame)) changed(`Split before frame ${player.frame}`);
    else page.announce("There is no bout to split here");
  };
  /** Take what the chosen row says here; of the corrected row itself there is nothing to take. */
  const take = () => {
    const from = timeline.selected.row === row ? model.chosen : timeline.selected.row;
    const bout = from?.at(player.frame) ?? -1;
    if (bout < 0) return page.announce(`${from?.title ?? "No row"} says nothing here`);
    const [start, stop, k] = [from.start[bout], from.stop[bout], from.behavior[bout]];
    correction.replace(start, stop, [[start, stop, k]]);
    changed(`${nameOf(k)}, as ${from.title} says`);
  };
  const undo = () => (correction.undo() ? changed("Undone") : page.announce("Nothing to undo"));
  const redo = () => (correction.redo() ? changed("Done again") : page.announce("Nothing to do again"));

  // Ends of the corrected row's bouts are dragged.

  const NEAR = 7; // px
  const endAt = ({ row: over, bout, x }) => {
    if (over !== row || bout < 0) return null;
    const fromStart = x - timeline.xOf(row.start[bout]);
    const fromStop = timeline.xOf(row.stop[bout]) - x;
    if (Math.min(fromStart, fromStop) > Math.min(NEAR, (fromStart + fromStop) / 3)) return null;
    return fromStart < fromStop ? "start" : "stop";
  };
  timeline.handlers.push((pressed) => {
    const end = endAt(pressed);
    if (!end) return null;
    // While it is dragged the bout is found by its other end; one drag is one edit.
    const other = end === "start" ? row.stop[pressed.bout] - 1 : row.start[pressed.bout];
    const before = correction.edits.length;
    return (frame) => {
      if (correction.edits.length > before) {
        correction.undo();
        correction.undone = [];
        row.setBouts(correction.bouts);
      }
      moveEnd(row.at(other), end, frame);
    };
  });
  timeline.stage.addEventListener("pointermove", () => {
    timeline.stage.classList.toggle("end", Boolean(timeline.hover && endAt(timeline.hover)));
  });

  // Out of the page

  const save = () => {
    const { ending, write } = Exports[$("format").value];
    download(data.video + ending, write(correction.bouts, model, told));
    page.announce(`Saved as ${data.video}${ending}`);
  };
  $("then").textContent =
    `Put into the study's folder ${told.folder}/, the saved file takes the place of annotator 1's, and the next run learns from it.`;

  // Controls and keys

  for (const [format, { title }] of Object.entries(Exports)) $("format").add(new Option(title, format));
  $("rename").add(new Option("not labeled", "-1"));
  model.behaviors.forEach(({ name }, k) => $("rename").add(new Option(k < 9 ? `${k + 1} ${name}` : name, String(k))));
  for (const { id, title } of sources) $("begin").add(new Option(title, id));
  $("rename").addEventListener("change", () => rename(Number($("rename").value)));
  $("begin").addEventListener("change", () => {
    correction.begin($("begin").value);
    changed(`Begun anew as ${$("begin").selectedOptions[0].text}`);
  });
  const listing = (what) => {
    errors = what;
    if (errors) {
      listedOf = page.judged();
      worst = listErrors();
    }
    showList();
  };
  let worst = [];
  let listedOf = null; // The method whose errors these are.
  $("list-doubts").addEventListener("click", () => listing(false));
  $("list-errors").addEventListener("click", () => listing(true));
  const doing = (shown, names, label, run, button) => {
    keys.add({ group: "Review", shown, keys: names, label, run });
    $(button)?.addEventListener("click", run);
  };
  const also = (names, run, button) => {
    keys.add({ keys: names, run });
    $(button)?.addEventListener("click", run);
  };
  doing("N P", ["n"], "next clip that was not seen, previous clip", () => go(1), "next-clip");
  also(["p"], () => go(-1), "previous-clip");
  doing("R", ["r"], "play the clip again", replay, "replay");
  doing("Enter", ["Enter"], "the clip was seen; the next one", accept, "accept");
  doing("E", ["e"], "the worst errors, or what is worth a look", () => listing(!errors));
  doing("1 … 9", [], "the corrected bout is this behavior", () => {});
  for (let k = 0; k < Math.min(9, model.behaviors.length); k++) also([String(k + 1)], () => rename(k));
  doing("Delete", ["Delete", "Backspace"], "the bout is not labeled", () => rename(-1));
  doing("A", ["a"], "take the bout of the chosen row (of the method, where that is the corrected one)", take, "take");
  doing("[ ]", ["["], "the bout starts, ends with this frame", () => setEnd("start"), "set-start");
  also(["]"], () => setEnd("stop"), "set-stop");
  doing("X", ["x"], "split the bout before this frame", split, "split");
  doing("Ctrl+Z Ctrl+Y", ["Ctrl+z"], "undo, redo", undo, "undo");
  also(["Ctrl+y", "Ctrl+Shift+Z"], redo, "redo");
  $("save").addEventListener("click", save);
  page.on("errors", () => listing(true));
  page.on("select", () => {
    if (errors && listedOf !== page.judged()) listing(true);
    showBout();
  });

  recall();
  row.setBouts(correction.bouts);
  page.addRow(row, model.rows.find((one) => one.kind === "method") ?? null);
  timeline.select(row);
  showList();
  showState();
}

if (homecage.model && homecage.data.review) {
  review({ ...homecage, on: (event, run) => homecage.addEventListener(event, run) });
}
