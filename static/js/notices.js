/** Short messages at the top of the page; they stay until dismissed, because an answer may depend on them. */

import { text } from "./texts.js";

const MOST_SHOWN = 4;

/** Show `message`; `link` {href, text, newTab} is where to go about it. The same `id` replaces its earlier notice. */
export function notify(message, { level = "", link = null, id = "" } = {}) {
  const list = document.getElementById("notices");
  if (!list) return;
  if (id) list.querySelector(`[data-id="${CSS.escape(id)}"]`)?.remove();
  const item = document.createElement("li");
  item.className = `notice ${level}`;
  item.dataset.id = id;
  const line = item.appendChild(document.createElement("p"));
  line.textContent = message;
  if (link) {
    const anchor = item.appendChild(document.createElement("a"));
    Object.assign(anchor, { href: link.href, textContent: link.text, target: link.newTab ? "_blank" : "" });
  }
  const dismiss = item.appendChild(document.createElement("button"));
  Object.assign(dismiss, { type: "button", className: "quiet", textContent: text("dismiss") });
  dismiss.addEventListener("click", () => item.remove());
  list.append(item);
  while (list.children.length > MOST_SHOWN) list.firstElementChild.remove();
}

/** Take the notice `id` away, because what it said is over. */
export function retract(id) {
  document.querySelector(`#notices [data-id="${CSS.escape(id)}"]`)?.remove();
}
