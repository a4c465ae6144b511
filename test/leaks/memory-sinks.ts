import type { Sink } from './sink.js';

/** How a program is when its memory is looked at. */
export interface MemorySink extends Sink {
  /** Lines of the program before it says that it is ready; `secrets`, `store` and `read` are there. */
  readonly end: string;
  /** The lines that leak there. */
  readonly leak: string;
  readonly look: 'core' | 'heap snapshot';
  /** Whether a value, too, must not be found, or only a key: bytes that were freed are not erased. */
  readonly isFreeOf: 'keys' | 'values';
}

const close = 'await secrets.close(); await store.close(); secrets = undefined; store = undefined; gc();';

export const memorySinks: readonly MemorySink[] = [
  {
    name: 'core of a program that has closed Keyward',
    how: '`gcore`, searched for the key that opens the store; copies of values in freed memory are counted',
    end: close,
    leak: 'globalThis.held = readFileSync(process.env.KEY_FILE);',
    look: 'core',
    isFreeOf: 'keys',
  },
  {
    name: 'heap snapshot of a program that has closed Keyward',
    how: '`v8.writeHeapSnapshot`, after the program has dropped what it was given',
    end: close,
    leak: "globalThis.held = readFileSync('value1').toString();",
    look: 'heap snapshot',
    isFreeOf: 'values',
  },
];
