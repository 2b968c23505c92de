/** Choosing an answer on one card: accept, reject, reasons, a note. It ends with one call of `decide({answer, reasons, note})`. */

import { text } from "./texts.js";

/** An answer this soon after a new picture came is a key pressed twice, not a judgement. */
export const TOO_SOON_MS = 200;

export class AnswerForm {
  shownAt = Date.now();
  #form;
  #decide;
  #tell;
  #picked = new Set();
  #isArmed = false;
  #isSeveral = false;

  /** The answer bar of `card`; `tell` shows a line to the person. Null where the card takes no answer. */
  static of(card, decide, tell) {
    const form = card.querySelector("form.answer");
    return form && new AnswerForm(form, decide, tell);
  }

  constructor(form, decide, tell) {
    this.#form = form;
    this.#decide = decide;
    this.#tell = tell;
    this.#show();
  }

  accept() {
    if (!this.#isTooSoon()) this.#end("accept");
  }

  /** Reject with the reasons chosen; without any the first press asks for one, the second goes without where that is allowed. */
  reject() {
    if (this.#isTooSoon()) return;
    const isRequired = "reasonsRequired" in this.#form.dataset;
    if (this.#picked.size || (this.#isArmed && !isRequired)) {
      this.#end("reject");
      return;
    }
    this.#isArmed = true;
    this.#show();
    this.#tell(text(isRequired ? "rejectReason" : "rejectAgain"));
  }

  /** Enter: what is chosen so far goes, or else what is suggested, just as its own key would send it. */
  send() {
    const { suggested } = this.#form.dataset;
    if (this.#picked.size || this.#isArmed || suggested === "reject") this.reject();
    else if (suggested === "accept") this.accept();
  }

  /** A reason: by itself it rejects at once, added (Shift, or several) it waits for the last one. */
  choose(digit, isAdded) {
    const button = this.#form.querySelector(`.why [data-choice="${digit}"]`);
    if (!button || this.#isTooSoon()) return;
    const isAgain = isAdded && this.#picked.delete(button.value);
    if (!isAgain) this.#picked.add(button.value);
    if (!isAdded) {
      this.#end("reject");
      return;
    }
    this.#isArmed = true;
    this.#show();
    this.#tell(this.#picked.size ? text("picked", { reasons: this.#labels }) : "");
  }

  /** Forget the reasons chosen; false if there was nothing to forget. */
  disarm() {
    if (!this.#isArmed && !this.#picked.size) return false;
    this.#picked.clear();
    this.#isArmed = this.#isSeveral = false;
    this.#show();
    return true;
  }

  toggleSeveral() {
    this.#isSeveral = !this.#isSeveral;
    this.#show();
  }

  /** A press of one of the form's own buttons. */
  press(button, isShift) {
    if (button.name === "reject_for") this.choose(Number(button.dataset.choice), isShift || this.#isSeveral);
    else if (button.value === "accept") this.accept();
    else if (button.value === "reject") this.reject();
  }

  openNote() {
    this.#note.closest(".note").hidden = false;
    this.#note.focus();
  }

  get #note() {
    return this.#form.querySelector("[name=note]");
  }

  get #labels() {
    return [...this.#picked].map((code) => this.#form.querySelector(`.why [value="${code}"]`).dataset.label).join(", ");
  }

  #end(answer) {
    const reasons = answer === "reject" ? [...this.#picked] : [];
    const rejected = reasons.length ? text("rejectedFor", { reasons: this.#labels }) : text("rejected");
    this.#decide({ answer, reasons, note: this.#note.value.trim() });
    this.#tell(answer === "accept" ? text("accepted") : rejected);
  }

  #isTooSoon() {
    if (Date.now() - this.shownAt >= TOO_SOON_MS) return false;
    this.#tell(text("tooSoon"));
    return true;
  }

  #show() {
    this.#form.toggleAttribute("data-armed", this.#isArmed && !this.#picked.size);
    this.#form.toggleAttribute("data-chosen", this.#isArmed || this.#picked.size > 0);
    this.#form.querySelector('[data-command="reject"]').setAttribute("aria-pressed", this.#isArmed || this.#picked.size > 0);
    this.#form.querySelector("[data-several]")?.setAttribute("aria-pressed", this.#isSeveral);
    for (const button of this.#form.querySelectorAll(".why [data-choice]")) button.setAttribute("aria-pressed", this.#picked.has(button.value));
  }
}
