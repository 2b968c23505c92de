/** On every page: send what waits, say how it stands, close menus. */

import { notify, retract } from "./notices.js";
import { outbox } from "./outbox.js";
import { person } from "./session.js";
import { address, text } from "./texts.js";

document.documentElement.classList.add("js");

/** How saved the work is, in the header; notices for what the person can do something about. */
function showState() {
  const line = document.getElementById("saved");
  const n = outbox.count;
  const state = !n && !navigator.onLine ? "offline" : outbox.state;
  const says = { sending: "sending", saved: "saved", waiting: "waiting", offline: "offline", "signed-out": "signedOut", other: "other" }[state];
  if (line && person) {
    line.dataset.state = state;
    const message = text(says, { n });
    if (line.textContent !== message) line.textContent = message;
  }
  const signIn = { href: address("signIn"), text: text("signInAgain"), newTab: true };
  if (state === "signed-out") notifyOnce("session", text("sessionOver"), { level: "warning", link: signIn });
  else if (state === "other") notifyOnce("session", text("sessionOther"), { level: "warning", link: signIn });
  else if (state === "saved") retract("session");
  if (state === "waiting") notifyOnce("server", text("serverTrouble"), { level: "warning" });
  else if (state === "saved") retract("server");
  if (outbox.isFragile) notifyOnce("fragile", text("fragile"), { level: "warning" });
  else retract("fragile");
}

function notifyOnce(id, message, options) {
  const shown = document.querySelector(`#notices [data-id="${id}"] p`);
  if (shown?.textContent !== message) notify(message, { ...options, id });
}

/** Answers of somebody else lie on this device: whoever sits here should know that they are safe, and not what they are. */
function showOthers() {
  const n = outbox.countOthers();
  if (n) notify(text(person ? "others" : "mine", { n }), { id: "others" });
}

/** Menus close when the person clicks elsewhere or presses Escape. */
function closeMenus(event) {
  for (const menu of document.querySelectorAll("details.menu[open]")) {
    if (event.key === "Escape") menu.querySelector("summary").focus();
    if (event.key === "Escape" || !menu.contains(event.target)) menu.open = false;
  }
}

/** Where a form came back with errors, the person is at the first of them, however far down it is. */
function goToError() {
  const wrong = document.querySelector('main [aria-invalid="true"]');
  if (wrong) wrong.focus();
  else document.querySelector('main form [role="alert"]')?.scrollIntoView({ block: "center" });
}

outbox.addEventListener("change", showState);
outbox.addEventListener("reply", ({ detail: { outcome } }) => {
  const isCardPage = document.querySelector("main[data-page]");
  if (!isCardPage && outcome.kind !== "submitted") notify(outcome.message, { level: outcome.kind === "surplus" ? "warning" : "error" });
});
for (const event of ["online", "offline"]) addEventListener(event, showState);
addEventListener("click", closeMenus);
addEventListener("keydown", (event) => event.key === "Escape" && closeMenus(event));
showState();
showOthers();
goToError();
outbox.flush();
