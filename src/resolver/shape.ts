import { KeywardError } from '../core/errors.js';
import type { Inventory } from '../core/inventory.js';
import { baseOf, type Path, parentOf } from '../core/path.js';
import { fieldOf } from '../core/payload.js';
import { formatRef, type Ref } from '../core/ref.js';
import type { SecretVersion } from '../core/version.js';
import { versionKey } from '../core/version.js';
import { firstFound } from './first-found.js';
import type { Place } from './link.js';
import type { Found, Question } from './question.js';
import type { StoreReader } from './store-reader.js';

const maxRemembered = 10_000;

/** The two places where a name may lie; `field` is absent for a name of one segment. */
export interface NamePlaces {
  readonly single: Place;
  readonly field: Place | undefined;
}

/** The places of a name such as `a/b/c`: the secret `a/b/c`, or the field `c` of the document `a/b`. */
export function placesOf(ref: Ref): NamePlaces {
  const { path, version } = ref;
  const parent = parentOf(path);
  return {
    single: { ref: { path, version }, name: path },
    field: parent === '' ? undefined : { ref: { path: parent, field: baseOf(path), version }, name: path },
  };
}

/** What the payload holds at the place; `undefined` when the field is not in it. */
export function takeOut(place: Place, read: SecretVersion | undefined): Found | undefined {
  if (read === undefined) return undefined;
  const { ref } = place;
  const payload = ref.field === undefined ? read.payload : fieldOf(read.payload, ref.field);
  return (
    payload && { payload, ref, version: read.version && versionKey(read.version), createdAt: read.version?.createdAt }
  );
}

/** Whether a name was last found as a single secret or as a field, by store. */
class ShapeMemory {
  readonly #fields = new Map<string, boolean>();

  wasField(store: string, path: Path): boolean | undefined {
    return this.#fields.get(`${store} ${path}`);
  }

  remember(store: string, path: Path, isField: boolean): void {
    const key = `${store} ${path}`;
    this.#fields.delete(key);
    this.#fields.set(key, isField);
    const oldest = this.#fields.keys().next().value;
    if (this.#fields.size > maxRemembered && oldest !== undefined) this.#fields.delete(oldest);
  }
}

/** Turns what users ask for into questions that find it in whichever of its shapes a store has it. */
export class Shapes {
  readonly #inventory: Inventory;
  readonly #memory = new ShapeMemory();

  constructor(inventory: Inventory) {
    this.#inventory = inventory;
  }

  /**
   * One value: `a/b#c` is always the field; `a/b/c` is what the inventory says, else what it was last time, else the
   * store's usual layout and then the other one.
   */
  ofValue(ref: Ref): Question {
    const places = this.#places(ref);
    return {
      key: `value ${formatRef(ref)}`,
      path: ref.path,
      title: formatRef(ref),
      places,
      lookIn: async (store) => {
        const found = await this.#search(store, places);
        if (found !== undefined && ref.field === undefined) {
          this.#memory.remember(store.store, ref.path, found.ref.field !== undefined);
        }
        return found;
      },
    };
  }

  /** One secret as a whole, never a field of another. @throws KeywardError `invalid` for a ref with a field. */
  ofDocument(ref: Ref): Question {
    if (ref.field !== undefined) {
      throw new KeywardError('invalid', `${formatRef(ref)} names one field, not all of them`, {
        path: ref.path,
        advice: 'Leave out the part from "#" on, or use get().',
      });
    }
    const place = { ref, name: ref.path };
    return {
      key: `document ${formatRef(ref)}`,
      path: ref.path,
      title: formatRef(ref),
      places: [place],
      lookIn: async (store) => takeOut(place, await store.read(place)),
    };
  }

  #places(ref: Ref): readonly Place[] {
    if (ref.field !== undefined) return [{ ref, name: ref.path }];
    const { single, field } = placesOf(ref);
    if (field === undefined || this.#inventory.has(ref.path)) return [single];
    const isListedField = this.#inventory.get(field.ref.path)?.fields?.includes(baseOf(ref.path)) ?? false;
    return isListedField ? [field] : [single, field];
  }

  async #search(store: StoreReader, places: readonly Place[]): Promise<Found | undefined> {
    if (places.length > 1 && store.layout === 'both') {
      const results = await store.readMany(places);
      return firstFound(
        places.map((place, index) => async () => {
          const result = results[index];
          if (result instanceof KeywardError) throw result;
          return takeOut(place, result);
        }),
      );
    }
    return firstFound(this.#inOrder(store, places).map((place) => async () => takeOut(place, await store.read(place))));
  }

  #inOrder(store: StoreReader, places: readonly Place[]): readonly Place[] {
    const name = places[0]?.name;
    const wasField = name === undefined ? undefined : this.#memory.wasField(store.store, name);
    return (wasField ?? store.layout === 'document') ? places.toReversed() : places;
  }
}
