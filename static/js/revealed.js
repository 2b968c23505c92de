/** A suggestion that is shown once the blind answer is in: Enter keeps the answer, the other answer's key changes it. */

import { TOO_SOON_MS } from "./answer-form.js";
import { text } from "./texts.js";

export class Revealed {
  #section;
  #send;
  #openedAt = performance.now();

  /** `send(fields)` sends what the person makes of it: the answer, its reasons and note, and the answer it replaces. */
  constructor(section, send) {
    this.#section = section;
    this.#send = send;
    section.addEventListener("submit", (event) => {
      event.preventDefault();
      this.#end(event.submitter?.value ?? this.own);
    });
  }

  get own() {
    return this.#section.dataset.own;
  }

  get words() {
    return this.#section.querySelector(".suggestion").textContent.replace(/\s+/g, " ").trim();
  }

  keep() {
    this.#end(this.own);
  }

  revise(verdict) {
    this.#end(verdict);
  }

  /** A reason, for a reject that is kept or changed to. The one that was given already, pressed once more, keeps the answer. */
  choose(digit) {
    const box = this.#section.querySelector(`[data-choice="${digit}"]`);
    if (!box) return;
    if (this.own === "reject" && box.checked && this.#section.querySelectorAll("[name=reasons]:checked").length === 1) {
      this.keep();
      return;
    }
    box.checked = !box.checked;
    this.#say(text("enterKeeps"));
  }

  #end(answer) {
    // It was meant for the card, or pressed twice.
    if (performance.now() - this.#openedAt < TOO_SOON_MS) return this.#say(text("tooSoon"));
    const chosen = [...this.#section.querySelectorAll("[name=reasons]:checked")].map((box) => box.value);
    if (answer === "reject" && !chosen.length && "reasonsRequired" in this.#section.dataset) return this.#say(text("rejectReason"));
    const note = this.#section.querySelector("[name=note]").value;
    return this.#send({ answer, reasons: answer === "reject" ? chosen : [], note, replaces: this.#section.dataset.answer });
  }

  #say(message) {
    this.#section.querySelector(".last span").textContent = message;
  }
}
