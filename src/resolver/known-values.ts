import { fieldsOf, isDocument, type Payload } from '../core/payload.js';
import { parseRef, type Ref } from '../core/ref.js';
import { Secret } from '../core/secret.js';

/** A value that was replaced is in use for a while, and in logs of it. */
const keptOfEach = 4;
const mostNames = 10_000;

/**
 * The values that were given out, so that logs can be kept free of them: the last four of each name, a document with
 * each of its fields. They are held for as long as this is, since text that was taken out of a `Secret` outlives it.
 */
export class KnownValues {
  readonly #seen = new WeakSet<Payload>();
  readonly #byName = new Map<string, readonly Secret[]>();
  readonly #open = new Set<string>();

  add({ path, field }: Ref, payload: Payload): void {
    if (this.#seen.has(payload)) return;
    this.#seen.add(payload);
    this.#keep(nameOf(path, field), payload);
    if (!isDocument(payload)) return;
    for (const [name, value] of fieldsOf(payload)) this.#keep(nameOf(path, name), value);
  }

  /** What is kept under this name is no secret, and need not be kept from logs. */
  exclude(name: string): void {
    const { path, field } = parseRef(name);
    this.#open.add(nameOf(path, field));
  }

  list(): readonly Secret[] {
    return [...this.#byName].flatMap(([name, secrets]) => (this.#open.has(name) ? [] : secrets));
  }

  #keep(name: string, payload: Payload): void {
    const secret = Secret.of(payload);
    const earlier = this.#byName.get(name) ?? [];
    if (earlier.some((known) => known.equals(secret))) return;
    this.#byName.delete(name);
    this.#byName.set(name, [secret, ...earlier].slice(0, keptOfEach));
    const [oldest] = this.#byName.keys();
    if (this.#byName.size > mostNames && oldest !== undefined) this.#byName.delete(oldest);
  }
}

/** The same for a field and for the secret that a field may be asked for as. */
function nameOf(path: string, field: string | undefined): string {
  return field === undefined ? path : `${path}/${field}`;
}
