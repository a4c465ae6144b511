/** The members of one entry of a log, of whichever kind and version; nothing about them is certain. */
export type EntryMembers = Readonly<Record<string, unknown>>;

/** `undefined` for what is no object. */
export function membersIn(value: unknown): EntryMembers | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : undefined;
}

/** `undefined` for a text that is no JSON object. */
export function membersOf(text: string): EntryMembers | undefined {
  try {
    return membersIn(JSON.parse(text));
  } catch {
    return undefined;
  }
}

export function timeOf(text: unknown): Date | undefined {
  if (typeof text !== 'string') return undefined;
  const time = new Date(text);
  return Number.isNaN(time.getTime()) ? undefined : time;
}

export function textOf(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}
