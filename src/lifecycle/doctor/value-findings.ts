import { withoutFinalNewline } from '../../core/final-newline.js';
import type { Finding } from '../../core/finding.js';
import type { Secret } from '../../core/secret.js';

const link = 'guide/doctor.md#values';
/** Shorter texts are base64 by accident. */
const shortestBase64 = 16;

/**
 * What looks like a slip about a value: a final newline, spaces or quotes around it, base64 over base64. Says nothing
 * of the value but that. @param ref where it is, for the findings.
 */
export function valueFindings(ref: string, value: Secret): readonly Finding[] {
  const bytes = value.exposeBytes();
  try {
    const cause = slipIn(bytes);
    return cause === undefined ? [] : [{ severity: 'warning', where: ref, ...cause, link }];
  } finally {
    bytes.fill(0);
  }
}

function slipIn(bytes: Uint8Array): Pick<Finding, 'cause' | 'fix'> | undefined {
  if (bytes.length === 0) return { cause: 'the value is empty', fix: 'Set it, or take it out of the inventory.' };
  if (withoutFinalNewline(bytes).length < bytes.length && !isBlock(bytes)) {
    return {
      cause: 'the value ends with a newline, which no credential means',
      fix: 'Write it again with printf instead of echo: printf %s "$VALUE" | keyward set <path>',
    };
  }
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('latin1');
  if (/^\s|[ \t]$/.test(text)) return { cause: 'the value has spaces around it', fix: 'Write it again without them.' };
  if (/^(["']).*\1$/s.test(text) && text.length > 2) {
    return { cause: 'the value stands in quotes', fix: 'Write it again without them.' };
  }
  if (!isTwiceEncoded(text)) return undefined;
  return {
    cause: 'the value is base64 of readable base64: it was encoded twice',
    fix: 'Write what it was before it was encoded; Keyward and `stringData` encode by themselves.',
  };
}

/** Several lines, as keys and certificates are: there the last one ends too. */
function isBlock(bytes: Uint8Array): boolean {
  return bytes.indexOf(0x0a) < bytes.length - 1;
}

function isTwiceEncoded(text: string): boolean {
  const inner = decoded(text);
  const innermost = inner === undefined ? undefined : decoded(inner);
  return innermost !== undefined && /^[\x20-\x7e]+$/.test(innermost);
}

function decoded(text: string): string | undefined {
  if (text.length < shortestBase64 || text.length % 4 !== 0 || !/^[A-Za-z0-9+/]+={0,2}$/.test(text)) return undefined;
  return Buffer.from(text, 'base64').toString('latin1');
}
