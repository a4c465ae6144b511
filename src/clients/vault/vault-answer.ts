import { type JsonMember, readJsonObject } from '../../core/json-tokenizer.js';

/** The members of a JSON object by name. Values that are no texts are their verbatim JSON. */
export type Members = ReadonlyMap<string, JsonMember>;

/** An answer that has the form of one of Vault's. */
export interface VaultAnswer {
  readonly status: number;
  /** Empty for an answer without a body. */
  readonly members: Members;
}

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** The members of a body that is one JSON object; none for an empty body; `undefined` for anything else. */
export function readMembers(body: Uint8Array): Members | undefined {
  if (body.length === 0) return new Map();
  let text: string;
  try {
    text = decoder.decode(body);
  } catch {
    return undefined;
  }
  return membersOf(text);
}

/** The members of a text that is one JSON object, else `undefined`. */
export function membersOf(text: string): Members | undefined {
  const members = readJsonObject(text);
  return members && new Map(members.map((member) => [member.name, member]));
}

/** The object that stands under the name, else `undefined`. */
export function objectIn(members: Members, name: string): Members | undefined {
  const member = members.get(name);
  return member === undefined || member.isString ? undefined : membersOf(member.text);
}

/** The text that stands under the name, else `undefined`. */
export function textIn(members: Members, name: string): string | undefined {
  const member = members.get(name);
  return member?.isString === true ? member.text : undefined;
}

/** The whole number from 0 that stands under the name, else `undefined`. */
export function numberIn(members: Members, name: string): number | undefined {
  const member = members.get(name);
  if (member === undefined || member.isString || !/^[0-9]{1,15}$/.test(member.text)) return undefined;
  return Number(member.text);
}

/** The texts of the array that stands under the name; `undefined` for anything else. */
export function textsIn(members: Members, name: string): readonly string[] | undefined {
  const member = members.get(name);
  if (member === undefined || member.isString || !member.text.startsWith('[')) return undefined;
  const values: unknown = JSON.parse(member.text);
  const isTexts = Array.isArray(values) && values.every((value) => typeof value === 'string');
  return isTexts ? values : undefined;
}

/** Whether the answer says, in Vault's own words, that there is nothing: a 404 of exactly `{"errors":[]}`. */
export function attestsAbsence({ status, members }: VaultAnswer): boolean {
  return status === 404 && members.size === 1 && textsIn(members, 'errors')?.length === 0;
}
