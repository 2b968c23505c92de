/**
 * Where unsent writes lie: one localStorage item each, so that two tabs never overwrite each other's.
 * An item holds an assignment, an answer with its reasons and note, an idempotency key and times; nothing of the brief or picture.
 */

const PREFIX = "servimage/outbox/";
const SENT = "servimage/sent/";
const SENT_KEPT = 40;

export class Shelf {
  #memory = new Map(); // for a browser that refuses to store
  #sent = [];
  #person;

  constructor(person) {
    this.#person = person;
  }

  /** Whether something lies only in this page's memory and dies with it. */
  get isFragile() {
    return this.#memory.size > 0;
  }

  /** Store a new entry behind all others and return it with its `id`. */
  add(entry) {
    const last = this.list().at(-1)?.id.split("-")[0];
    // Not the clock alone: it may step back, and two entries may fall into one millisecond.
    const place = Math.max(Date.now(), last ? parseInt(last, 36) + 1 : 0);
    const stored = { ...entry, id: `${place.toString(36).padStart(9, "0")}-${Math.random().toString(36).slice(2, 8)}` };
    this.update(stored);
    return stored;
  }

  update(entry) {
    const name = `${PREFIX}${this.#person}/${entry.id}`;
    try {
      localStorage.setItem(name, JSON.stringify(entry));
    } catch {
      this.#memory.set(name, entry);
    }
  }

  remove(id) {
    const name = `${PREFIX}${this.#person}/${id}`;
    this.#memory.delete(name);
    try {
      localStorage.removeItem(name);
    } catch {
      // Storage is off: it was in memory only.
    }
  }

  get(id) {
    return this.list().find((entry) => entry.id === id);
  }

  /** This person's entries, oldest first. */
  list() {
    if (!this.#person) return [];
    const own = `${PREFIX}${this.#person}/`;
    const stored = names().filter((name) => name.startsWith(own)).map((name) => parse(localStorage.getItem(name)));
    return [...stored, ...this.#memory.values()].filter(Boolean).sort((one, two) => (one.id < two.id ? -1 : 1));
  }

  /** How many entries of other people lie on this device. */
  countOthers() {
    return names().filter((name) => name.startsWith(PREFIX) && !name.startsWith(`${PREFIX}${this.#person}/`)).length;
  }

  /** Remember what the write `key` came to, for an undo or edit that was made before its reply. */
  noteSent(key, result) {
    const name = SENT + this.#person;
    try {
      const kept = (parse(localStorage.getItem(name)) ?? []).slice(1 - SENT_KEPT);
      localStorage.setItem(name, JSON.stringify([...kept, { key, ...result }]));
    } catch {
      this.#sent.push({ key, ...result });
    }
  }

  /** What the writes of this device came to, oldest first: {key, from, assignment, answer}. */
  listSent() {
    try {
      return [...(parse(localStorage.getItem(SENT + this.#person)) ?? []), ...this.#sent];
    } catch {
      return this.#sent;
    }
  }
}

/** Call `changed(entry)` when another tab adds (entry) or removes (null) something. */
export function watchShelf(changed) {
  addEventListener("storage", (event) => {
    if (event.key === null || event.key.startsWith(PREFIX)) changed(parse(event.newValue));
  });
}

function names() {
  try {
    return Object.keys(localStorage);
  } catch {
    return [];
  }
}

function parse(value) {
  try {
    return JSON.parse(value);
  } catch {
    return null;
  }
}
