/** The dialogs of the card pages: skip with a reason, flag, all keys, and the picture viewer. */

import { isTaken, readKeys } from "./keys.js";
import { View } from "./view.js";

const keys = JSON.parse(document.getElementById("keys")?.textContent ?? "{}");

/** The digit (1 to 9) a key press chooses by the person's own keys, 0 for none. */
export function readChoice(event) {
  const pressed = readKeys(event);
  for (let digit = 1; digit <= 9; digit += 1) if (keys[`choice_${digit}`] && pressed.includes(keys[`choice_${digit}`])) return digit;
  return 0;
}

/** Ask why a card is skipped; `done({reason, note})` is called for a reason, never for Escape. */
export function askSkip(done) {
  const dialog = document.getElementById("skip-dialog");
  const note = dialog.querySelector("textarea");
  note.value = "";
  const choose = (button) => {
    dialog.close();
    done({ reason: button.value, note: note.value.trim() });
  };
  dialog.onclick = (event) => {
    const button = event.target.closest("[data-choice]");
    if (button) choose(button);
  };
  dialog.onkeydown = (event) => {
    const button = !isTaken(event) && dialog.querySelector(`[data-choice="${readChoice(event)}"]`);
    if (!button) return;
    event.preventDefault();
    // The dialog is closed when the page behind hears of the key, and would take it for a reason.
    event.stopPropagation();
    choose(button);
  };
  dialog.showModal();
  // The first choice, not the note: digits must choose at once.
  dialog.querySelector("[data-choice]").focus();
}

/** Ask what the lead should look at; `done(text)` is called unless the field is empty. */
export function askFlag(done) {
  const dialog = document.getElementById("flag-dialog");
  const field = dialog.querySelector("textarea");
  field.value = "";
  const send = () => {
    const said = field.value.trim();
    // Blanks alone say nothing either.
    if (!said) field.value = "";
    if (!field.reportValidity()) return field.focus();
    dialog.close();
    return done(said);
  };
  dialog.querySelector("[data-send]").onclick = send;
  field.onkeydown = (event) => {
    if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey) || event.isComposing) return;
    event.preventDefault();
    send();
  };
  dialog.showModal();
  field.focus();
}

/** Show all keys. */
export function showHelp() {
  document.getElementById("help-dialog").showModal();
}

/** Whether a dialog is open, so that the page behind it hears no keys. */
export function isDialogOpen() {
  return Boolean(document.querySelector("dialog[open]"));
}

let viewer = null;

/** Open the pictures behind `links` (each with data-screen, data-width, data-height and its full size as href) at `start`. */
export function openViewer(links, start = 0) {
  if (!links.length) return;
  const dialog = document.getElementById("viewer");
  let place = start;
  const show = () => {
    const link = links[place];
    const alt = link.querySelector("img").alt;
    viewer.show({ screen: link.dataset.screen, full: link.href, width: link.dataset.width, height: link.dataset.height, alt });
    document.getElementById("viewer-title").textContent = links.length > 1 ? `${alt} (${place + 1}/${links.length})` : alt;
  };
  const step = (by) => {
    place = (place + by + links.length) % links.length;
    show();
  };
  dialog.onclick = (event) => {
    const button = event.target.closest("button");
    if (button?.dataset.step) step(Number(button.dataset.step));
    else if (button) dialog.close();
  };
  dialog.onkeydown = (event) => {
    const moves = { ArrowLeft: () => step(-1), ArrowRight: () => step(1) };
    const pressed = readKeys(event);
    const act = moves[event.key] ?? Object.entries({ zoom_fit: "fit", zoom_in: "stepIn", zoom_out: "stepOut" }).map(([command, name]) => keys[command] && pressed.includes(keys[command]) && (() => viewer[name]())).find(Boolean);
    if (pressed.includes(keys.zoom_actual)) viewer.showAt(100);
    else if (pressed.includes(keys.zoom_double)) viewer.showAt(200);
    else if (pressed.includes(keys.references)) dialog.close();
    else if (act && !(event.key === "Enter")) act();
    else return;
    event.preventDefault();
  };
  for (const button of dialog.querySelectorAll("[data-step]")) button.hidden = links.length < 2;
  dialog.showModal();
  viewer ??= new View(dialog);
  show();
  dialog.querySelector(".pane").focus();
}
