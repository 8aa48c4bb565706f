// The keyboard: one table of keys, from which they act and the help is written.

class Keys {
  constructor() {
    this.commands = [];
    document.addEventListener("keydown", (event) => this._press(event));
    // What was used by the pointer gives the keyboard back: else Space would press a button again.
    let pointed = false;
    document.addEventListener("pointerdown", () => (pointed = true), true);
    document.addEventListener("keydown", () => (pointed = false), true);
    for (const event of ["click", "change"])
      document.addEventListener(
        event,
        ({ target }) => {
          const used = target.closest(event === "click" ? "button, [type=checkbox]" : "select");
          if (pointed && used) used.blur();
        },
        true // Before a dialog is shown, which gives the focus back.
      );
  }

  /**
   * Add a command.
   * @param command {group, keys: names as "b", "Shift+B", "ArrowLeft", "Ctrl+z", shown: the same for people,
   *   label: what it does, run: does it}; one without a label is not in the help.
   */
  add(command) {
    this.commands.push(command);
  }

  static nameOf(event) {
    const letter = /^\p{L}$/u.test(event.key);
    const named = event.key.length > 1;
    const shift = event.shiftKey && (letter || named) ? "Shift+" : "";
    const control = event.ctrlKey || event.metaKey ? "Ctrl+" : "";
    return control + shift + (letter ? (shift ? event.key.toUpperCase() : event.key.toLowerCase()) : event.key);
  }

  _press(event) {
    if (event.altKey || event.defaultPrevented || document.querySelector("dialog[open]")) return;
    let target = event.target instanceof Element ? event.target : document.body;
    if (target.closest("dialog:not([open])")) target = document.body; // Just closed: it keeps the focus a while.
    if (target.closest("input:not([type=checkbox]), select, textarea")) return;
    if (target.closest("button, a, input, summary") && [" ", "Enter"].includes(event.key)) return;
    const name = Keys.nameOf(event);
    const command = this.commands.find((one) => one.keys.includes(name));
    if (!command) return;
    event.preventDefault();
    command.run();
  }

  /** Write the help: a table for each group. */
  describe(element) {
    element.replaceChildren();
    const told = this.commands.filter((one) => one.label);
    for (const group of new Set(told.map((one) => one.group))) {
      const table = document.createElement("table");
      table.createCaption().textContent = group;
      for (const { shown, label } of told.filter((one) => one.group === group)) {
        const row = table.insertRow();
        const keys = document.createElement("th");
        keys.scope = "row";
        for (const one of shown.split(" ")) {
          const key = document.createElement("kbd");
          key.textContent = one;
          keys.append(key, " ");
        }
        row.append(keys);
        row.insertCell().textContent = label;
      }
      element.append(table);
    }
  }
}
