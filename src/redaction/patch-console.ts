import type { LogRedactor } from './log-redactor.js';

const printing = [
  'assert',
  'debug',
  'dir',
  'dirxml',
  'error',
  'group',
  'groupCollapsed',
  'info',
  'log',
  'table',
  'trace',
  'warn',
] as const;

/**
 * Makes a console mask what it prints: the process's own, or the one given. Answers the function that undoes it, which
 * leaves alone what somebody else has replaced since.
 */
export function patchConsole(redactor: LogRedactor, target: Console = globalThis.console): () => void {
  const undo = printing.map((name) => {
    const original = target[name];
    const masked = (...values: readonly unknown[]) => Reflect.apply(original, target, values.map(redactor.redactValue));
    Reflect.set(target, name, masked);
    return () => {
      if (Reflect.get(target, name) === masked) Reflect.set(target, name, original);
    };
  });
  return () => {
    for (const step of undo) step();
  };
}
