import { createPrivateKey, createPublicKey, X509Certificate } from 'node:crypto';
import type { Finding } from '../../core/finding.js';
import type { Secret } from '../../core/secret.js';
import { isSensitiveName } from '../../core/sensitive-names.js';
import type { ValueForm } from '../../core/value-form.js';
import { guessBits, isPlaceholder, strongBits, weakBits } from './placeholder.js';

/** What is wrong with a value, in words that say nothing of it. */
export interface ValueProblem {
  readonly severity: 'warning' | 'error';
  readonly cause: string;
  readonly fix: string;
}

const placeholder = 'stands where a value is to be put';
const easyToGuess = 'is easy to guess';

/** Whether the finding is about a value that nobody made at random. */
export function isGuessable({ cause }: Finding): boolean {
  return cause === placeholder || cause === easyToGuess;
}

/**
 * Whether the value is one, and has the form that the inventory asks for; `undefined` when nothing is wrong.
 *
 * @param name the last part of what it is called, which tells whether it is meant to be hard to guess.
 */
export function valueProblem(value: Secret, name: string, form: ValueForm | undefined): ValueProblem | undefined {
  if (value.kind === 'binary') return form && wrongForm(form);
  const text = value.expose();
  if (isPlaceholder(text)) {
    return { severity: 'error', cause: placeholder, fix: 'Set the value itself.' };
  }
  if (form !== undefined && !hasForm(text, form)) return wrongForm(form);
  if (form !== undefined || text === '' || !isSensitiveName(name) || guessBits(text) >= weakBits) return undefined;
  return { severity: 'warning', cause: easyToGuess, fix: 'Make another with: keyward set <path> --generate' };
}

function wrongForm(form: ValueForm): ValueProblem {
  return form.kind === 'strong'
    ? { severity: 'error', cause: easyToGuess, fix: 'Make another with: keyward set <path> --generate' }
    : { severity: 'error', cause: wanted[form.kind], fix: 'Set it anew, or correct `form:` in keyward.yaml.' };
}

const wanted = {
  url: 'is no URL',
  pem: 'is no key or certificate in PEM',
  json: 'is no JSON',
  integer: 'is no whole number',
  pattern: 'does not match the expression of its `form:`',
} as const;

function hasForm(text: string, form: ValueForm): boolean {
  switch (form.kind) {
    case 'url':
      return URL.canParse(text) && text.includes('://');
    case 'pem':
      return isPem(text);
    case 'json':
      return isJson(text);
    case 'integer':
      return /^-?(?:0|[1-9][0-9]*)$/.test(text);
    case 'strong':
      return guessBits(text) >= strongBits;
    case 'pattern':
      return form.pattern.test(text);
  }
}

function isJson(text: string): boolean {
  return succeeds(() => JSON.parse(text));
}

/** An encrypted key cannot be looked into without its passphrase; an OpenSSH key is one of another format. */
function isPem(text: string): boolean {
  if (/^-----BEGIN (?:ENCRYPTED PRIVATE KEY|OPENSSH PRIVATE KEY|PGP [A-Z ]+)-----\n/.test(text)) {
    return /\n-----END [A-Z ]+-----\s*$/.test(text);
  }
  return [createPrivateKey, createPublicKey, (pem: string) => new X509Certificate(pem)].some((read) =>
    succeeds(() => read(text)),
  );
}

function succeeds(attempt: () => unknown): boolean {
  try {
    attempt();
    return true;
  } catch {
    return false;
  }
}
