/** The keys page: press a key to set it. Without this script the fields are typed in. */

import { readKeys } from "./keys.js";

const LEAVE = new Set(["Tab", "Escape", "Shift", "Control", "Alt", "Meta", "CapsLock", "Process", "Dead", "Unidentified"]);

for (const field of document.querySelectorAll("[data-key]")) {
  field.addEventListener("keydown", (event) => {
    if (LEAVE.has(event.key) || event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    // Enter sends the form from a field that has its key already; in an empty one it is meant as a key.
    if (event.key === "Enter" && field.value) return;
    event.preventDefault();
    field.value = ["Backspace", "Delete"].includes(event.key) ? "" : readKeys(event)[0];
    field.select();
  });
  field.addEventListener("focus", () => field.select());
}
