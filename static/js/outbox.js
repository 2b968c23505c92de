/**
 * The outbox of one person: what they answered leaves in the order they answered, one write at a time, however long it takes.
 *
 * Events: "change" (state or count), "reply" (detail {entry, outcome, fragment}: the server's answer to one write),
 * "drained" (another tab has sent the last entry).
 */

import { checkSession, person, post } from "./session.js";
import { Shelf, watchShelf } from "./shelf.js";

const LONGEST_WAIT_MS = 60_000;

export class Outbox extends EventTarget {
  /** saved, sending, waiting (server trouble), offline, signed-out or other (somebody else is signed in) */
  state = "saved";
  /** Fields a page adds when an entry leaves, such as the cards it has; null asks for the outcome alone. */
  describePage = () => null;
  #shelf = new Shelf(person);
  #running = null;
  #timer = 0;
  #failures = 0;

  constructor() {
    super();
    watchShelf((entry) => this.#noticeOtherTab(entry));
    for (const event of ["online", "focus", "pageshow", "pagehide"]) addEventListener(event, () => this.flush());
    document.addEventListener("visibilitychange", () => document.hidden || this.flush());
    addEventListener("offline", () => this.#become(this.count ? "offline" : this.state));
  }

  get entries() {
    return this.#shelf.list();
  }

  get count() {
    return this.entries.length;
  }

  get isFragile() {
    return this.#shelf.isFragile;
  }

  countOthers() {
    return this.#shelf.countOthers();
  }

  /** Put one write behind the others and start sending. `entry`: {act, url, key, assignment, fields, shownAt, answeredAt}. */
  add(entry) {
    const stored = this.#shelf.add({ ...entry, tried: false });
    this.#become(this.state === "saved" ? "sending" : this.state);
    this.#flushAfterPaint();
    return stored;
  }

  /** The next picture goes first: sending keeps both this computer and, where it is the same one, the server busy. */
  #flushAfterPaint() {
    requestAnimationFrame(() => setTimeout(() => this.flush()));
    // A hidden tab paints nothing.
    setTimeout(() => this.flush(), 100);
  }

  /** Take a write out again if it was never tried; false once the server may have it. */
  cancel(key) {
    const entry = this.entries.find((candidate) => candidate.key === key);
    if (!entry || entry.tried) return false;
    this.#shelf.remove(entry.id);
    this.#become(this.count || this.#isSuspended ? this.state : "saved");
    return true;
  }

  /** What the write `key` came to, undefined while it waits. */
  resultOf(key) {
    return this.#shelf.listSent().find((sent) => sent.key === key);
  }

  /** A read of the page was refused with this status: nothing can be sent before the person is back, waiting or not. */
  suspend(status) {
    if (status === 401) this.#become("signed-out");
    if (status === 409) this.#become("other");
  }

  /** Send what waits; resolves when nothing waits or the next try is scheduled. */
  flush() {
    clearTimeout(this.#timer);
    if (!person || (!this.count && !this.#isSuspended)) return Promise.resolve(this.#become("saved"));
    // One tab sends at a time; where locks are missing the server's idempotency keys still keep an answer single.
    const work = () => this.#drain();
    this.#running ??= (navigator.locks ? navigator.locks.request(`servimage/outbox/${person}`, work) : work()).finally(() => {
      this.#running = null;
      // An answer given while the lock was being handed back would otherwise wait for the next occasion.
      if (this.count && this.state === "sending") this.flush();
    });
    return this.#running;
  }

  get #isSuspended() {
    return ["signed-out", "other"].includes(this.state);
  }

  async #drain() {
    if (this.#isSuspended) {
      const found = await checkSession();
      if (found !== "same") return this.#pause(found === "unknown" ? this.state : { none: "signed-out", other: "other" }[found]);
    }
    // While this tab waited for its turn another one sent everything, or the person is back and nothing waits.
    if (!this.count) this.dispatchEvent(new Event("drained"));
    for (let entry = this.entries[0]; entry; entry = this.entries[0]) {
      const trouble = await this.#send(entry);
      if (trouble) return this.#pause(trouble);
      this.#failures = 0;
    }
    return this.#become("saved");
  }

  /** Send one entry; returns "" when it is settled, else why it has to wait. */
  async #send(entry) {
    const fields = this.#fill(entry);
    if (!fields) return this.#settle(entry, null);
    this.#become("sending");
    this.#shelf.update({ ...entry, tried: true });
    let response;
    try {
      response = await post(entry.url, fields, { keepalive: true });
      if (response.status === 403 && (await checkSession()) === "same") response = await post(entry.url, fields, { keepalive: true });
    } catch {
      return "offline";
    }
    if (response.type === "opaqueredirect" || response.status === 401) return "signed-out";
    if (response.status === 409) return "other";
    if (response.status === 403) {
      const found = await checkSession();
      if (found !== "same") return { none: "signed-out", other: "other", unknown: "offline" }[found];
    }
    let html;
    try {
      html = await response.text();
    } catch {
      // The reply was cut: whether the answer arrived is unknown, and its key makes sending it again safe.
      return "offline";
    }
    // Whatever names no outcome is not the site's word on this answer, whatever its status: a proxy in between spoke, or the server is
    // in trouble. The answer is still to be sent.
    const fragment = document.createRange().createContextualFragment(html.includes("data-outcome") ? html : "");
    return fragment.querySelector("[data-outcome]") ? this.#settle(entry, fragment) : "waiting";
  }

  /** The form fields of an entry as of now; null for an undo whose answer never came into being. */
  #fill(entry) {
    const now = Date.now();
    const sent = this.#shelf.listSent();
    const undone = entry.undoes ? sent.find((result) => result.key === entry.undoes) : null;
    if (entry.undoes && !undone?.answer) return null;
    // A late answer is kept under an assignment of its own; what was said about the old one means that one.
    const renamed = undone?.assignment ?? sent.findLast?.((result) => result.from === entry.assignment && result.assignment)?.assignment;
    return {
      ...entry.fields,
      assignment: renamed ?? entry.assignment,
      key: entry.key,
      replaces: undone?.answer ?? entry.fields?.replaces,
      shown_ago_ms: entry.shownAt ? Math.max(0, Math.round(now - entry.shownAt)) : null,
      answered_ago_ms: entry.answeredAt ? Math.max(0, Math.round(now - entry.answeredAt)) : null,
      ...(this.describePage(entry) ?? { only_outcome: "1" }),
    };
  }

  /** An entry is done: drop it, remember what it came to, and tell the page; `fragment` null for one that was never sent. */
  #settle(entry, fragment) {
    const outcome = fragment && readOutcome(entry, fragment);
    if (outcome) this.#shelf.noteSent(entry.key, { from: entry.assignment, assignment: outcome.assignment, answer: outcome.answer });
    this.#shelf.remove(entry.id);
    if (outcome) this.dispatchEvent(new CustomEvent("reply", { detail: { entry, outcome, fragment } }));
    return "";
  }

  #pause(state) {
    this.#failures += 1;
    // Half of the wait is random, so that many pages do not come back at once.
    const wait = Math.min(LONGEST_WAIT_MS, 1000 * 2 ** Math.min(this.#failures, 6)) * (0.5 + Math.random() / 2);
    this.#timer = setTimeout(() => this.flush(), wait);
    this.#become(state);
  }

  #become(state) {
    this.state = state;
    this.dispatchEvent(new Event("change"));
  }

  /** Another tab added an entry of anybody's, or removed one (null). */
  #noticeOtherTab(entry) {
    if (entry && this.#shelf.get(entry.id)) this.dispatchEvent(new CustomEvent("elsewhere", { detail: entry }));
    if (this.#running) return;
    this.#become(this.count ? (this.state === "saved" ? "sending" : this.state) : "saved");
    if (!this.count) this.dispatchEvent(new Event("drained"));
  }
}

/** What a write came to: {kind: submitted | surplus | refused, code, message, assignment, answer}. */
function readOutcome(entry, fragment) {
  const { outcome, code, message, assignment = null, answer = null } = fragment.querySelector("[data-outcome]").dataset;
  return { kind: outcome, code, message, assignment: assignment ?? entry.assignment, answer };
}

/** The one outbox of this page. */
export const outbox = new Outbox();
