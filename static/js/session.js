/** Whose page this is, and whether that person is still the one signed in on this device. */

import { address } from "./texts.js";

/** Public id of the person this page was made for; null on pages for visitors. */
export const person = document.querySelector('meta[name="person"]')?.content ?? null;

let token = JSON.parse(document.body.getAttribute("hx-headers") ?? "{}")["X-CSRFToken"] ?? "";

/** The CSRF token of now: signing in again, in any tab, changes the cookie. */
function csrfToken() {
  return document.cookie.match(/(?:^|; )csrftoken=([^;]+)/)?.[1] ?? token;
}

/** Headers of a write: a fragment is wanted back, and the server checks that the page's person is the one signed in. */
export function writeHeaders() {
  return { "HX-Request": "true", "X-CSRFToken": csrfToken(), "X-Person": person ?? "" };
}

/** Post `fields` (a value may be a list) as a form; rejects when the network fails or 30 s pass. */
export function post(url, fields, options = {}) {
  const body = new URLSearchParams();
  for (const [name, value] of Object.entries(fields)) {
    for (const item of [value].flat()) if (item !== null && item !== undefined && item !== "") body.append(name, item);
  }
  const signal = AbortSignal.timeout ? AbortSignal.timeout(30_000) : undefined;
  return fetch(url, { method: "POST", body, headers: writeHeaders(), redirect: "manual", credentials: "same-origin", signal, ...options });
}

/** Ask who is signed in now: "same", "none", "other", or "unknown" while the server cannot be reached. */
export async function checkSession() {
  try {
    const response = await fetch(address("session"), { headers: { Accept: "application/json" }, cache: "no-store" });
    if (!response.ok) return "unknown";
    const found = await response.json();
    token = found.csrf;
    return found.person === person ? "same" : found.person === null ? "none" : "other";
  } catch {
    return "unknown";
  }
}

/** A random UUID; crypto.randomUUID is missing on a page that came over plain http from another machine. */
export function makeKey() {
  if (crypto.randomUUID) return crypto.randomUUID();
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 0x0f) | 0x40;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}
