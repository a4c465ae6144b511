import { isKeywardError, KeywardError } from './errors.js';
import { formatRef, parseRef, type Ref } from './ref.js';

/**
 * How a value stands in the text: percent-encoded; checked to be a host, a port or a piece of one; checked to be hosts,
 * each with or without a port; or as it is.
 */
export type PartForm = 'url' | 'host' | 'hosts' | 'raw';

export interface DerivedPart {
  /** What the value is, as the template names it; never with a version. */
  readonly ref: Ref;
  readonly form: PartForm;
}

/** A text with values of secrets in it: literal, part, literal, … literal. */
export interface DerivedTemplate {
  /** One more than there are parts. */
  readonly literals: readonly string[];
  readonly parts: readonly DerivedPart[];
}

/** `{{` and `}}` are braces, `{ref}` and `{ref|form}` are parts, and a brace that is left over is a mistake. */
const tokens = /\{\{|\}\}|\{([^{}]*)\}|[{}]/g;
const urlStart = /^(?:[A-Za-z][A-Za-z0-9+.-]*:)+\/\//;
/** Stands for a part where positions are looked for; templates have no control characters. */
const placeholder = '\0';
const hostName = String.raw`(?:[A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])`;
const hostAndPort = `${hostName}(?::[0-9]{1,5})?`;
const patterns = { host: new RegExp(`^${hostName}$`), hosts: new RegExp(`^${hostAndPort}(?:,${hostAndPort})*$`) };

/**
 * Reads a template such as `postgresql://bot:{database/postgres/password}@db/bot`. In a URL the place of a part decides
 * its form: `hosts` where it is all that says the host, `host` where it is a piece of that (so that it cannot end the
 * name and begin another), `url` everywhere else. Outside a URL each part must say its form, as in
 * `{path|raw}`, because what is safe there is not known.
 *
 * @throws KeywardError `invalid`, naming the rule that the text breaks.
 */
export function parseDerivedTemplate(text: string): DerivedTemplate {
  if (/\p{Cc}/u.test(text)) throw invalid('a template has no control characters and no line breaks');
  const literals: string[] = [''];
  const marked: { readonly ref: Ref; readonly form: PartForm | undefined }[] = [];
  let end = 0;
  const addLiteral = (literal: string) => literals.push(`${literals.pop() ?? ''}${literal}`);
  for (const match of text.matchAll(tokens)) {
    addLiteral(text.slice(end, match.index));
    end = match.index + match[0].length;
    const [token, inside] = match;
    if (inside !== undefined) {
      marked.push(parsePart(inside));
      literals.push('');
    } else if (token.length === 2) {
      addLiteral(token.slice(1));
    } else {
      throw invalid('a brace stands alone; write {{ or }} for a brace that is part of the text');
    }
  }
  addLiteral(text.slice(end));
  if (marked.length === 0) throw invalid('it names no secret; write the parts like {database/postgres/password}');
  const forms = formsInUrl(literals);
  return {
    literals,
    parts: marked.map(({ ref, form }, index) => ({ ref, form: form ?? forms?.[index] ?? noForm(ref) })),
  };
}

/** The text from which `parseDerivedTemplate` reads this template. */
export function formatDerivedTemplate({ literals, parts }: DerivedTemplate): string {
  const byPlace = formsInUrl(literals);
  const spelled = parts.map(({ ref, form }, index) => {
    return `{${formatRef(ref)}${form === byPlace?.[index] ? '' : `|${form}`}}`;
  });
  return literals.map((literal, index) => literal.replaceAll(/[{}]/g, '$&$&') + (spelled[index] ?? '')).join('');
}

/**
 * The text with its values.
 *
 * @throws KeywardError `invalid` naming the part whose value is no host where one belongs.
 */
export function fillDerivedTemplate(template: DerivedTemplate, valueFor: (part: DerivedPart) => string): string {
  const [first = '', ...rest] = template.literals;
  return template.parts.reduce((text, part, index) => text + spell(part, valueFor(part)) + (rest[index] ?? ''), first);
}

function parsePart(inside: string): { readonly ref: Ref; readonly form: PartForm | undefined } {
  const bar = inside.indexOf('|');
  const ref = parsePartRef(bar < 0 ? inside : inside.slice(0, bar));
  if (ref.version !== undefined) throw invalid(`${formatRef(ref)} names a version; a part is always the current one`);
  if (bar < 0) return { ref, form: undefined };
  const form = inside.slice(bar + 1);
  if (form === 'url' || form === 'raw') return { ref, form };
  throw invalid(`after | comes url (percent-encoded) or raw (as it is), for ${formatRef(ref)}`);
}

/** What stands in braces by mistake may be a value: it is not repeated. */
function parsePartRef(text: string): Ref {
  try {
    return parseRef(text);
  } catch (cause) {
    if (!isKeywardError(cause, 'invalid')) throw cause;
    throw invalid('what stands in braces is not a name; write it like {database/postgres#password}');
  }
}

/** The form of each part by its place; `undefined` when the template is no URL. */
function formsInUrl(literals: readonly string[]): readonly PartForm[] | undefined {
  const skeleton = literals.join(placeholder);
  const start = urlStart.exec(skeleton)?.[0].length;
  if (start === undefined) return undefined;
  const length = skeleton.slice(start).search(/[/?#]/);
  const end = length < 0 ? skeleton.length : start + length;
  const at = skeleton.slice(0, end).lastIndexOf('@');
  const places = [...skeleton.matchAll(/\0/g)].map(({ index }) => index);
  return places.map((place) => {
    if (place >= end || place < at) return 'url';
    return place === Math.max(start, at + 1) && place + 1 === end ? 'hosts' : 'host';
  });
}

function noForm(ref: Ref): never {
  const name = formatRef(ref);
  throw invalid(`outside a URL a part says how it is written: {${name}|raw} as it is, {${name}|url} percent-encoded`);
}

function spell({ ref, form }: DerivedPart, value: string): string {
  if (form === 'raw') return value;
  if (form === 'url') return percentEncoded(value);
  if (patterns[form].test(value)) return value;
  throw new KeywardError('invalid', `the value of ${formatRef(ref)} stands for a host, and is none`, {
    path: ref.path,
    advice: `Correct it, or write {${formatRef(ref)}|raw} in the template if it is meant.`,
  });
}

/** All but the unreserved characters of RFC 3986, so that the value means the same in every place of a URL. */
function percentEncoded(value: string): string {
  return encodeURIComponent(value).replaceAll(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

function invalid(message: string): KeywardError {
  return new KeywardError('invalid', message, { advice: 'See docs/reference/configuration.md, "Derived secrets".' });
}
