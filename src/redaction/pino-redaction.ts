import type { LogRedactor } from './log-redactor.js';

/**
 * Options for pino that mask every line as it is written, after serialisers, child bindings and messages:
 * `pino({ level: 'info', ...pinoRedaction(redactor) })`. It is the hook `streamWrite`, of pino 9.6 and newer.
 */
export function pinoRedaction(redactor: LogRedactor): {
  readonly hooks: { readonly streamWrite: (line: string) => string };
} {
  return { hooks: { streamWrite: (line) => redactor.redactJson(line) } };
}
