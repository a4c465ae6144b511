import { createPrivateKey, createPublicKey, X509Certificate } from 'node:crypto';
import { runInNewContext } from 'node:vm';
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
  if (form !== undefined) {
    const answer = hasForm(text, form);
    if (answer === undefined) return endlessForm;
    if (!answer) return wrongForm(form);
  }
  if (form !== undefined || text === '' || !isSensitiveName(name) || guessBits(text) >= weakBits) return undefined;
  return { severity: 'warning', cause: easyToGuess, fix: 'Make another with: keyward set <path> --generate' };
}

function wrongForm(form: ValueForm): ValueProblem {
  return form.kind === 'strong'
    ? { severity: 'error', cause: easyToGuess, fix: 'Make another with: keyward set <path> --generate' }
    : { severity: 'error', cause: wanted[form.kind], fix: 'Set it anew, or correct `form:` in keyward.yaml.' };
}

const endlessForm: ValueProblem = {
  severity: 'error',
  cause: 'cannot be compared with the expression of its `form:` in any useful time',
  fix: 'Write the expression without repetitions of repetitions.',
};

const wanted = {
  url: 'is no URL',
  pem: 'is no key or certificate in PEM',
  json: 'is no JSON',
  integer: 'is no whole number',
  pattern: 'does not match the expression of its `form:`',
} as const;

/** `undefined` when it takes too long to tell. */
function hasForm(text: string, form: ValueForm): boolean | undefined {
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
      return matches(form.pattern, text);
  }
}

const longestMatchMs = 1000;

/** V8's expressions can take longer than anybody waits; only a script of its own can be given a time. */
function matches(pattern: RegExp, text: string): boolean | undefined {
  try {
    return runInNewContext('pattern.test(text)', { pattern, text }, { timeout: longestMatchMs }) === true;
  } catch (error) {
    if (
      typeof error === 'object' &&
      error !== null &&
      'code' in error &&
      error.code === 'ERR_SCRIPT_EXECUTION_TIMEOUT'
    ) {
      return undefined;
    }
    throw error;
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
