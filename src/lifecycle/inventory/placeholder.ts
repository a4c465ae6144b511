/** What templates and manuals write where a value is to be put. */
const placeholders: readonly RegExp[] = [
  /^(?:<[^<>]*>|\{\{[^{}]*\}\}|\$\{[^{}]*\}|%[A-Za-z_]+%|\[[A-Za-z][\w -]*\])$/,
  /^(?:x{3,}|\*{3,}|\.{3,}|-{2,}|_{3,}|\?{2,}|0{6,})$/i,
  /^(?:change|replace|fill|set)[-_ ]?(?:me|this|it|in)\b|^(?:please|must)[-_ ]change/i,
  /^(?:your|my|the|insert|enter|put|add|paste|some|a|an)[-_ ](?:[a-z0-9]+[-_ ])*(?:here|key|id|secret|token|password|passphrase|value|dsn|url)$/i,
  /^(?:todo|tbd|fixme|placeholder|dummy|example|redacted|undefined|null)$/i,
  /\*\*\*redacted\*\*\*|^(?:dummy|example|placeholder|sample|fake)[-_ ]|[-_ ](?:placeholder|here)$/i,
  // What the manuals of AWS show.
  /^(?:AKIAIOSFODNN7|wJalrXUtnFEMI).*EXAMPLE(?:KEY)?$/,
];

/** What is guessed first where a secret is meant. */
const guessedFirst =
  /^(?:admin|default|guest|letmein|pass(?:word|phrase|wd)?|postgres|qwerty(?:uiop)?|redis|root|secret|test|toor|user|welcome|12345(?:6(?:7(?:8(?:90?)?)?)?)?)[0-9!]{0,4}$/i;

/** Whether the text stands where a value is to be put: `changeme`, `your_api_key_here`, `<token>`. */
export function isPlaceholder(text: string): boolean {
  return placeholders.some((pattern) => pattern.test(text.trim()));
}

/** What some 18 random characters have, or 24 random digits of hex. */
export const strongBits = 64;
/** What eight different characters have: less is guessed even where every guess is a request. */
export const weakBits = 24;

/**
 * How hard the text is to guess at most, in bits: the entropy of its own characters, where what only repeats counts once,
 * and nothing for the passwords that are tried first.
 *
 * @see C. E. Shannon, A Mathematical Theory of Communication (1948), section 6
 */
export function guessBits(text: string): number {
  if (guessedFirst.test(text)) return 0;
  const chars = [...withoutRepeats(text)];
  const counts = new Map<string, number>();
  for (const char of chars) counts.set(char, (counts.get(char) ?? 0) + 1);
  return [...counts.values()].reduce((bits, count) => bits - count * Math.log2(count / chars.length), 0);
}

/** `abcabcab` as `abc`. */
function withoutRepeats(text: string): string {
  // The longest text that both begins and ends it, by the failure function of Knuth, Morris and Pratt.
  const borders = [0];
  for (let at = 1; at < text.length; at += 1) {
    let border = borders[at - 1] ?? 0;
    while (border > 0 && text[border] !== text[at]) border = borders[border - 1] ?? 0;
    borders.push(text[border] === text[at] ? border + 1 : 0);
  }
  const period = text.length - (borders.at(-1) ?? 0);
  return period * 2 <= text.length ? text.slice(0, period) : text;
}
