// Corrected bouts as files that the study reads: frames go out as they are, and what is not labeled stays out.

const Exports = {
  csv: {
    title: "table of intervals (.csv)",
    ending: ".csv",
    write(bouts, model) {
      const quote = (text) => (/[",]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);
      const lines = bouts.map(([start, stop, k]) => `${start},${stop},${quote(model.behaviors[k].name)}`);
      return ["start_frame,stop_frame,behavior", ...lines, ""].join("\n");
    },
  },
  boris: {
    title: "BORIS project (.boris)",
    ending: ".boris",
    // The project and the form of its events are the library's; only events are put in.
    write(bouts, model, { boris, end_s }) {
      const project = structuredClone(boris.project);
      const timeOf = (frame) => Number((frame < model.frames ? model.timeOf(frame) : end_s).toFixed(3));
      const [observation] = Object.values(project.observations);
      observation.events = bouts.flatMap(([start, stop, k]) =>
        [start, stop].map((frame) => {
          const own = { "{time_s}": timeOf(frame), "{behavior}": model.behaviors[k].name, "{frame}": frame };
          return boris.event.map((cell) => own[cell] ?? cell);
        })
      );
      return asciiJson(project);
    },
  },
  mit: {
    title: "MIT text (.txt)",
    ending: ".txt",
    // Frames count from 1 there, and both ends are of the bout.
    write(bouts, model) {
      const eight = (n) => String(n).padStart(8, "0");
      return bouts.map(([start, stop, k]) => `frame: ${eight(start + 1)}-${eight(stop)} ${model.behaviors[k].name}\n`).join("");
    },
  },
};

/** Write JSON in ASCII: BORIS reads a project in the encoding of the system that it runs on. */
function asciiJson(value) {
  const escape = (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`;
  return JSON.stringify(value, null, 1).replace(/[\u007f-\uffff]/g, escape);
}

/** Hand a text over as a file. */
function download(name, text) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([text], { type: "application/octet-stream" }));
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}
