// The page: video, ethograms, readings and keys put together.

const $ = (id) => document.getElementById(id);

/** Say in plain words why something cannot be shown. */
function complain(text) {
  $("trouble").textContent = text;
  $("trouble").hidden = false;
}

/** Tell people who do not see the page what has happened. */
function announce(text) {
  $("live").textContent = text;
}

function start(data) {
  const model = new Model(data);
  const patterns = new Patterns(model.behaviors);
  const player = new Player($("video"), model);
  const timeline = new Timeline($("timeline"), model, patterns);
  const keys = new Keys();

  const seekTo = (frame, said = "") => {
    player.seekTo(frame);
    timeline.setFrame(player.frame, false);
    if (said) announce(`${said}: frame ${player.frame}, ${formatTime(model.timeOf(player.frame))}`);
  };

  const nameOf = (behavior) => (behavior < 0 ? "not labeled" : model.behaviors[behavior].name);

  /** Find again what follows from the rows: they are others now. */
  const rowsChanged = () => {
    judge();
    for (const [row, { agreement }] of cells) {
      const share = model.agreement(row);
      agreement.textContent = share === null ? "" : `${(100 * share).toFixed(1)} %`;
    }
    timeline.rowsChanged();
    showNow();
    homecage.dispatchEvent(new Event("rows"));
  };

  // Whose errors are shown: the chosen method's, or those of the last method that was selected.
  let judged = model.chosen;
  let rank = [];
  let place = -1;
  const judge = () => {
    timeline.disagreements = model.findDisagreements(judged);
    rank = timeline.disagreements.byLength();
    place = -1;
    $("judged").textContent = $("judged").title = judged
      ? `Disagreement: ${judged.title} and ${model.truth?.title ?? "another method"}`
      : "";
    timeline.changed();
  };

  // Jumps

  const jump = (runs, direction, what) => {
    const frame = runs?.jump(player.frame, direction) ?? -1;
    if (frame >= 0) seekTo(frame, what);
    else announce(`No ${direction > 0 ? "later" : "earlier"} ${what}`);
    return frame;
  };
  const jumpBout = (direction) => {
    const { row } = timeline.selected;
    const frame = jump(row, direction, "bout");
    if (frame < 0) return;
    timeline.select(row, row.at(frame));
    announce(`${row.title}: ${nameOf(row.behaviorAt(frame))}, frame ${frame}`);
  };
  const jumpDisagreement = (direction) => jump(timeline.disagreements, direction, "disagreement");
  const jumpDoubt = (direction) => jump(timeline.doubts, direction, "low confidence");
  const jumpLongest = (direction) => {
    const next = place + direction;
    if (next < 0 || next >= rank.length) {
      announce(rank.length ? "No more disagreements" : "No disagreement");
      return;
    }
    place = next;
    const [from, to] = [timeline.disagreements.start[rank[place]], timeline.disagreements.stop[rank[place]]];
    timeline.markers = [{ row: null, from, to }];
    showSpan(from, to);
    seekTo(from, `Disagreement ${place + 1} of ${rank.length} by length, ${to - from} frames`);
  };
  /** Zoom so that a stretch stands in the middle of what is around it. */
  const showSpan = (from, to) => {
    const { view } = timeline;
    const span = Math.max(Math.min(view.to - view.from, 12 * (to - from)), 3 * (to - from), 20 * model.fps);
    timeline.look((from + to - span) / 2, (from + to + span) / 2);
  };
  /** Show what an address names: `#row=tcn&frames=120-180`, frames 120 to 179 as that row has them. */
  const showAddressed = () => {
    const wanted = new URLSearchParams(location.hash.slice(1));
    const row = model.rows.find(({ id }) => id === wanted.get("row"));
    if (row) timeline.select(row);
    if (row?.kind === "method") {
      judge(); // From its longest error on, also where it was looked at before.
      homecage.dispatchEvent(new Event("errors"));
    }
    const [from, to] = (wanted.get("frames") ?? "").split("-").map(Number);
    if (!(0 <= from && from < to && to <= model.frames)) return;
    timeline.markers = [{ row: null, from, to }];
    showSpan(from, to);
    seekTo(from, "Gone to");
  };
  const chooseRow = (direction) => {
    const { rows } = model;
    if (!rows.length) return;
    const at = rows.indexOf(timeline.selected.row) + direction;
    const row = rows[Math.min(Math.max(at, 0), rows.length - 1)];
    timeline.select(row);
    announce(`Row: ${row.title}`);
  };

  // Readings

  const cells = new Map();
  const listRows = () => {
    const table = $("now");
    table.replaceChildren();
    cells.clear();
    for (const row of model.rows) {
      const line = table.insertRow();
      const head = document.createElement("th");
      head.scope = "row";
      head.textContent = row.title;
      const swatch = patterns.swatch(-1);
      const name = document.createElement("span");
      line.append(head);
      const look = document.createElement("div");
      look.className = "look";
      look.append(swatch, name);
      line.insertCell().append(look);
      const p = line.insertCell();
      const agreement = line.insertCell();
      cells.set(row, { swatch, name, p, agreement, behavior: null });
    }
  };
  const showNow = () => {
    const { frame } = player;
    $("time").textContent = formatTime(model.timeOf(frame));
    $("frame").textContent = String(frame);
    for (const [row, cell] of cells) {
      const behavior = row.behaviorAt(frame);
      if (behavior !== cell.behavior) {
        cell.behavior = behavior;
        patterns.show(cell.swatch, behavior);
        cell.name.textContent = nameOf(behavior);
      }
      const p = row === model.chosen ? model.probabilityOf(behavior, frame) : null;
      cell.p.textContent = p === null ? "" : `p ${p.toFixed(2)}`;
    }
  };
  const showState = () => {
    $("play").textContent = player.playing ? "Pause" : "Play";
    $("speed").value = String(player.speed);
  };

  player.addEventListener("frame", () => {
    timeline.setFrame(player.frame, player.playing);
    showNow();
    homecage.dispatchEvent(new Event("frame"));
  });
  player.addEventListener("state", showState);
  const showTrouble = () => {
    if (!player.trouble) return;
    complain(
      `The video cannot be played (${player.trouble}). ${data.video}.mp4 must lie beside this page, whole. The ` +
        "ethograms can be looked at without it."
    );
  };
  player.addEventListener("trouble", showTrouble);
  timeline.addEventListener("seek", ({ detail }) => {
    player.seekTo(detail);
  });
  timeline.addEventListener("select", () => {
    const { row } = timeline.selected;
    if (row?.kind === "method" && row !== judged) {
      judged = row;
      judge();
    }
    homecage.dispatchEvent(new Event("select"));
  });

  // Controls

  const setThreshold = () => {
    timeline.doubts = model.findDoubts(Number($("threshold").value));
    timeline.changed();
  };
  for (const speed of Player.SPEEDS) $("speed").add(new Option(`${speed} ×`, String(speed)));
  $("speed").addEventListener("change", () => player.setSpeed(Number($("speed").value)));
  $("threshold").addEventListener("change", setThreshold);
  $("traces").addEventListener("change", () => {
    timeline.showTraces = $("traces").checked;
    timeline.layOut();
  });
  $("goto").addEventListener("submit", (event) => {
    event.preventDefault();
    const frame = readPlace($("place").value, model);
    if (frame === null) {
      announce("That is neither a frame nor a time");
      $("place").setAttribute("aria-invalid", "true");
      return;
    }
    $("place").removeAttribute("aria-invalid");
    $("place").blur();
    seekTo(frame, "Gone to");
  });
  for (const [name, address] of data.videos) {
    const option = new Option(name, address);
    option.selected = address === encodeURIComponent(data.video) + ".html";
    $("videos").add(option);
  }
  $("videos").addEventListener("change", () => (location.href = $("videos").value));
  $("video").addEventListener("loadedmetadata", ({ target }) => {
    target.parentElement.style.setProperty("--aspect", target.videoWidth / target.videoHeight);
  });
  if (data.crop) {
    const [left, top, width, height] = data.crop.map((share) => `${100 * share}%`);
    Object.assign($("crop").style, { left, top, width, height });
    $("crop").hidden = false;
  }
  for (const [behavior, { name }] of model.behaviors.entries()) {
    const item = document.createElement("li");
    item.append(patterns.swatch(behavior), name);
    $("legend").append(item);
  }

  // Keys, and the buttons that do the same

  const doing = (group, shown, keyNames, label, run, button) => {
    keys.add({ group, shown, keys: keyNames, label, run });
    $(button)?.addEventListener("click", run);
  };
  const second = () => Math.max(1, Math.round(model.rateAt(player.frame)));
  doing("Play", "Space", [" "], "play, pause", () => player.toggle(), "play");
  doing("Play", "← →", ["ArrowLeft"], "one frame back, on", () => player.step(-1), "back");
  doing("Play", "Shift+← Shift+→", ["Shift+ArrowLeft"], "one second back, on", () => player.step(-second()));
  doing("Play", "Home End", ["Home"], "first, last frame", () => seekTo(0, "First frame"));
  doing("Play", "S F", ["s"], "slower, faster", () => player.changeSpeed(-1));
  doing("Play", "G", ["g"], "go to a frame (1234) or a time (1:23.5)", () => $("place").select());
  doing("Jump", "B Shift+B", ["b"], "next, previous bout of the chosen row", () => jumpBout(1), "next-bout");
  doing("Jump", "D Shift+D", ["d"], "next, previous disagreement", () => jumpDisagreement(1), "next-wrong");
  doing("Jump", "W Shift+W", ["w"], "longest disagreement, then the next longest, and back", () => jumpLongest(1), "worst");
  doing("Jump", "C Shift+C", ["c"], "next, previous low confidence", () => jumpDoubt(1), "next-doubt");
  doing("Look", "↑ ↓", ["ArrowUp"], "choose the row above, below", () => chooseRow(-1));
  doing("Look", "+ −", ["+", "="], "zoom in, out", () => timeline.zoom(0.5), "zoom-in");
  doing("Look", "PageUp PageDown", ["PageUp"], "scroll back, on", () => timeline.scroll(-0.8));
  doing("Look", "0", ["0"], "the whole video", () => timeline.look(0, model.frames), "zoom-all");
  doing("Look", "?", ["?"], "these keys", () => showHelp(), "help");
  // The second of each pair stands in the line of the first.
  const also = (keyNames, run, button) => {
    keys.add({ keys: keyNames, run });
    $(button)?.addEventListener("click", run);
  };
  also(["ArrowRight"], () => player.step(1), "forward");
  also(["Shift+ArrowRight"], () => player.step(second()));
  also(["End"], () => seekTo(model.frames - 1, "Last frame"));
  also(["f"], () => player.changeSpeed(1));
  also(["Shift+B"], () => jumpBout(-1), "previous-bout");
  also(["Shift+D"], () => jumpDisagreement(-1), "previous-wrong");
  also(["Shift+W"], () => jumpLongest(-1));
  also(["Shift+C"], () => jumpDoubt(-1), "previous-doubt");
  also(["ArrowDown"], () => chooseRow(1));
  also(["-", "−"], () => timeline.zoom(2), "zoom-out");
  also(["PageDown"], () => timeline.scroll(0.8));
  const showHelp = () => {
    keys.describe($("keys-list"));
    $("keys").showModal();
  };
  $("keys-close").addEventListener("click", () => $("keys").close());

  // What other scripts of the page build on.
  Object.assign(homecage, {
    data,
    model,
    player,
    timeline,
    keys,
    patterns,
    seekTo,
    showSpan,
    announce,
    complain,
    rowsChanged,
    /** The method whose errors are shown. */
    judged: () => judged,
    /** Add a row, after the others or before one of them, and choose it. */
    addRow(row, before = null) {
      const at = before ? model.rows.indexOf(before) : model.rows.length;
      model.rows.splice(at, 0, row);
      listRows();
      timeline.layOut();
      timeline.select(row);
      rowsChanged();
    },
  });
  $("agreement").textContent = model.truth ? "agreement" : "";
  $("agreement").title = "Of the frames that annotator 1 labels too: how many get the same behavior";
  if (model.chosen) $("probable").textContent = `Probabilities of ${model.chosen.title}`;
  if (!model.probability) $("probable").parentElement.hidden = $("doubtful").hidden = true;
  $("of").textContent = `of ${formatFrames(0, model.frames)}`;
  listRows();
  setThreshold();
  rowsChanged();
  showState();
  showTrouble(); // Which may have come before anybody listened.
  document.documentElement.dataset.ready = "yes";
  window.addEventListener("hashchange", showAddressed);
  queueMicrotask(showAddressed); // When the other scripts have their rows, too.
}

/** Read a frame's number, or a time as 83.5s, 1:23.5 or 1:02:03; null for anything else. */
function readPlace(text, model) {
  const wanted = text.trim().replace(",", ".");
  if (/^\d+$/.test(wanted)) return model.clamp(Number(wanted));
  if (/^\d+(\.\d*)?\s*s$/.test(wanted)) return model.frameAt(parseFloat(wanted));
  if (!/^(\d+:){1,2}\d+(\.\d*)?$/.test(wanted)) return null;
  return model.frameAt(wanted.split(":").reduce((sum, part) => 60 * sum + Number(part), 0));
}

/**
 * What other scripts of the page build on. Events: `frame` (another frame is shown), `rows` (bouts are others),
 * `select` (another row or bout is chosen), `errors` (an address asks for a method's). Once the page is ready: model, player, timeline, keys, patterns,
 * seekTo(frame, said), showSpan(from, to), announce(text), complain(text), addRow(row), rowsChanged(), judged().
 */
const homecage = new EventTarget();
window.homecage = homecage;

if (!window.homecageData)
  complain("The data of this page are missing: the file that it names (ending in .data.js) must lie beside it, whole.");
else if (window.homecageData.version !== Model.VERSION)
  complain("The data beside this page are of another version of homecage: make the page again.");
else start(window.homecageData);
