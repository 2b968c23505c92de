/**
 * From key presses to commands, by the person's own key map ({command: key}).
 *
 * Letters follow the layout: the key that prints "a" accepts. Digits go by their place, because a French keyboard needs Shift
 * to print them. A layout without Latin letters falls back to the place as well. Nothing is heard while somebody types in a field or
 * composes a character.
 */

const DIGIT = /^(?:Digit|Numpad)(\d)$/;
const LETTER = /^Key([A-Z])$/;
const TYPING = "input:not([type=checkbox], [type=radio], [type=range], [type=button], [type=submit]), textarea, select, [contenteditable]";
const PRESSABLE = "button, a[href], summary, input, [role=button]";

/** The keys a press may stand for, likeliest first. */
export function readKeys(event) {
  const digit = event.code?.match(DIGIT)?.[1];
  const letter = event.code?.match(LETTER)?.[1].toLowerCase();
  const key = event.key === " " ? "Space" : event.key?.length === 1 ? event.key.toLowerCase() : event.key;
  const isLatin = /^[\x21-\x7e]$/.test(key);
  return [digit, key, isLatin ? undefined : letter].filter(Boolean);
}

/** Whether the press belongs to the field or control it landed on. */
export function isTaken(event) {
  const target = event.target instanceof Element ? event.target : document.body;
  if (event.isComposing || event.keyCode === 229 || target.closest(TYPING)) return true;
  if (["Enter", " "].includes(event.key) && target.closest(PRESSABLE)) return true;
  if (/^(Arrow|Home|End|Page)/.test(event.key) && target.closest("input")) return true;
  return event.ctrlKey || event.metaKey || event.altKey;
}

/** Call `act(command, event)` for every press of a mapped key; a press that `act` took (true) does nothing else. */
export function listen(map, act) {
  const commands = new Map(Object.entries(map).filter(([, key]) => key).map(([command, key]) => [key, command]));
  addEventListener("keydown", (event) => {
    if (isTaken(event)) return;
    const command = readKeys(event).map((key) => commands.get(key)).find(Boolean);
    if (command && act(command, event)) event.preventDefault();
  });
}
