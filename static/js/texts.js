/** What the scripts say, in the language of the page: the template writes it into the data attributes of #texts. */

const source = document.getElementById("texts")?.dataset ?? {};
const plural = new Intl.PluralRules(document.documentElement.lang || "en");

/** The text `name` with {placeholders} filled from `values`; a number `n` also chooses its singular or its form for none. */
export function text(name, values = {}) {
  const form = values.n === 0 ? source[`${name}None`] : plural.select(values.n ?? 2) === "one" ? source[`${name}One`] : undefined;
  return (form ?? source[name] ?? "").replace(/\{(\w+)\}/g, (whole, key) => values[key] ?? whole);
}

/** An address the template wrote beside the texts. */
export function address(name) {
  return source[name];
}
