/** What a line says to allow what stands in it: ours, and those of gitleaks and detect-secrets. */
const mark = /keyward:allow|gitleaks:allow|pragma: ?(?:allow|white)list secret/;
/** How far around a place its line is looked at. */
const reach = 4096;
const newline = 0x0a;

/** Whether the line of a place allows what was found there. */
export function isAllowed(bytes: Uint8Array, place: number): boolean {
  const start = bytes.lastIndexOf(newline, place - 1) + 1;
  const end = bytes.indexOf(newline, place);
  const near = bytes.subarray(Math.max(start, place - reach), Math.min(end < 0 ? bytes.length : end, place + reach));
  return mark.test(Buffer.from(near).toString('latin1'));
}
