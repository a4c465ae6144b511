/** A member of a JSON object's own; `undefined` when there is none, or it is no object. */
export function memberOf(object: unknown, name: string): unknown {
  if (typeof object !== 'object' || object === null || !Object.hasOwn(object, name)) return undefined;
  return Reflect.get(object, name);
}

export function textIn(object: unknown, name: string): string | undefined {
  const member = memberOf(object, name);
  return typeof member === 'string' ? member : undefined;
}

/** The texts by name under a member: none when it is absent, `undefined` when it is anything else. */
export function textsIn(object: unknown, name: string): ReadonlyMap<string, string> | undefined {
  const member = memberOf(object, name) ?? {};
  if (typeof member !== 'object' || Array.isArray(member)) return undefined;
  const entries = Object.entries(member);
  const texts = entries.filter((entry): entry is [string, string] => typeof entry[1] === 'string');
  return texts.length === entries.length ? new Map(texts) : undefined;
}

/** The items of a list, which are null when there are none; `undefined` for anything else. */
export function itemsOf(object: unknown): readonly unknown[] | undefined {
  const items = memberOf(object, 'items') ?? (textIn(object, 'kind')?.endsWith('List') ? [] : undefined);
  return Array.isArray(items) ? items : undefined;
}

function timeIn(object: unknown, name: string): Date | undefined {
  const time = new Date(textIn(object, name) ?? '');
  return Number.isNaN(time.getTime()) ? undefined : time;
}

/** What the API server says about an object beside its content. */
export interface ObjectMeta {
  readonly name: string;
  /** Opaque; another one after every change of anything in the object. */
  readonly resourceVersion: string;
  readonly annotations: ReadonlyMap<string, string>;
  readonly createdAt: Date;
  /** Of the last change, where the API server says it. */
  readonly changedAt: Date;
  /** It goes as soon as what holds it lets go. */
  readonly isBeingDeleted: boolean;
}

/** A Secret of the core/v1 API. */
export interface KubernetesSecret extends ObjectMeta {
  readonly type: string;
  readonly isImmutable: boolean;
  readonly data: ReadonlyMap<string, Uint8Array>;
}

/** The metadata of an object; `undefined` when it has not the form of the API. */
export function readMeta(object: unknown): ObjectMeta | undefined {
  const meta = memberOf(object, 'metadata');
  const name = textIn(meta, 'name');
  const resourceVersion = textIn(meta, 'resourceVersion');
  const createdAt = timeIn(meta, 'creationTimestamp');
  const annotations = textsIn(meta, 'annotations');
  if (!name || !resourceVersion || createdAt === undefined || annotations === undefined) return undefined;
  const managed = memberOf(meta, 'managedFields');
  const times = (Array.isArray(managed) ? managed : []).map((entry) => timeIn(entry, 'time')?.getTime() ?? 0);
  return {
    name,
    resourceVersion,
    annotations,
    createdAt,
    changedAt: new Date(Math.max(createdAt.getTime(), ...times)),
    isBeingDeleted: textIn(meta, 'deletionTimestamp') !== undefined,
  };
}

/** The Secret; `undefined` when it has not the form of the API, or base64 that is not canonical. */
export function readSecret(object: unknown): KubernetesSecret | undefined {
  const meta = readMeta(object);
  const type = textIn(object, 'type');
  const encoded = textsIn(object, 'data');
  if (textIn(object, 'kind') !== 'Secret' || meta === undefined || type === undefined || !encoded) return undefined;
  const data = new Map<string, Uint8Array>();
  for (const [key, text] of encoded) {
    const bytes = Buffer.from(text, 'base64');
    if (bytes.toString('base64') !== text) return undefined;
    data.set(key, Uint8Array.from(bytes));
  }
  return { ...meta, type, data, isImmutable: memberOf(object, 'immutable') === true };
}
