import { type Anchor, AnchorTable } from './anchor-table.js';
import { assignmentAround } from './assignment.js';
import { kindInContext } from './context-kinds.js';
import { isHarmlessValue, looksRandom } from './judge-value.js';
import type { Kind, Match } from './match.js';
import { armourStart, privateKeyAt } from './private-key.js';
import { cloudShapes } from './shapes/clouds.js';
import { forgeShapes } from './shapes/forges.js';
import { serviceShapes } from './shapes/services.js';
import { isTokenCharacter, type TokenShape } from './token-shape.js';

/** Every kind of token with a form of its own. */
export const tokenShapes: readonly TokenShape[] = [...forgeShapes, ...cloudShapes, ...serviceShapes];

/** What is told of a place: finds the secret that begins there or around it. */
type Detector = (text: string, start: number, end: number) => Match | undefined;

const words =
  'passw passphrase pwd secret token apikey api_key api-key access_key access-key accesskey private_key encryption_key signing_key credential _key authorization webhook';
const genericKind: Kind = { id: 'random-value', title: 'random value under a telling name', severity: 'warning' };
const connectionKind: Kind = { id: 'url-password', title: 'password in a URL', severity: 'error' };

const connection = /:\/\/[^\s/:@"'`<>]{0,64}:([^\s/@"'`<>]{3,128})@[\w.-]{1,255}/y;
/** How far back the name of a service is looked for. */
const contextLength = 160;

const table = new AnchorTable<Detector>([
  ...tokenShapes.flatMap(anchorsOf),
  { text: armourStart, anyCase: false, of: privateKeyAt },
  { text: '://', anyCase: false, of: connectionAt },
  ...words.split(' ').map((text) => ({ text, anyCase: true, of: assignedAt })),
]);

/**
 * The secrets in a block of bytes, in the order of their ends; of several that share a place the more certain one. Takes
 * time in proportion to the block, whatever it holds.
 */
export function findSecrets(bytes: Uint8Array): readonly Match[] {
  let made: string | undefined;
  const matches: Match[] = [];
  table.find(bytes, (start, end, detect) => {
    const text = made ?? Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('latin1');
    made = text;
    const match = detect(text, start, end);
    if (match !== undefined) add(matches, match);
  });
  return matches;
}

/** Several words of one name, or several forms, tell of the same value. */
function add(matches: Match[], match: Match): void {
  const before = matches.at(-1);
  if (before === undefined || before.end <= match.start) matches.push(match);
  else if (before.kind.severity === 'warning' && match.kind.severity === 'error') matches[matches.length - 1] = match;
}

function anchorsOf({ id, title, anchors, pattern, isValid }: TokenShape): readonly Anchor<Detector>[] {
  const kind: Kind = { id, title, severity: 'error' };
  const looksBack = pattern.source.startsWith('(?<=');
  const of: Detector = (text, start) => {
    if (!looksBack && isTokenCharacter(text.charCodeAt(start - 1))) return undefined;
    pattern.lastIndex = start;
    const found = pattern.exec(text);
    if (found === null) return undefined;
    const [body, before = ''] = found;
    const token = looksBack ? before + body : body;
    if (isValid?.(token) === false || isRepetitive(token)) return undefined;
    return { kind, start: start + body.length - token.length, end: start + body.length };
  };
  return anchors.map((text) => ({ text, anyCase: false, of }));
}

/** `xxxxxxxx`, `00000000`: what documentation writes for a token. */
function isRepetitive(token: string): boolean {
  return new Set(token.slice(-16)).size < 6;
}

function connectionAt(text: string, start: number): Match | undefined {
  connection.lastIndex = start;
  const [whole = '', password = ''] = connection.exec(text) ?? [];
  if (whole === '' || isHarmlessValue('', password) || !looksChosen(password)) return undefined;
  const from = start + whole.lastIndexOf(`:${password}@`) + 1;
  return { kind: connectionKind, start: from, end: from + password.length };
}

/** Not `postgres`, `password` or another word that stands for a password in documentation. */
function looksChosen(password: string): boolean {
  return password.length >= 8 && /[^a-z]/i.test(password) && new Set(password).size > 4;
}

function assignedAt(text: string, start: number, end: number): Match | undefined {
  const found = assignmentAround(text, start, end);
  // Most are words, and need no further look.
  if (found === undefined || !hasDigitAndLetter(found.value)) return undefined;
  if (isHarmlessValue(found.name, found.value)) return undefined;
  const place = { start: found.start, end: found.end };
  const known = kindInContext(text.slice(Math.max(0, start - contextLength), found.start), found.value);
  if (known !== undefined) return { kind: known, ...place };
  return looksRandom(found.name, found.value, found.isQuoted) ? { kind: genericKind, ...place } : undefined;
}

function hasDigitAndLetter(value: string): boolean {
  return /\d/.test(value) && /[A-Za-z]/.test(value);
}
