import { isKeywardError, KeywardError } from '../core/errors.js';
import { type JsonMember, readJsonObject } from '../core/json-tokenizer.js';
import { parseYamlConfig } from './yaml.js';

/** A document as people edit it. */
export interface DocumentText {
  readonly text: string;
  /** YAML when every field is a text that it gives back exactly, else JSON with the fields as they are stored. */
  readonly format: 'yaml' | 'json';
}

export async function formatDocument(members: readonly JsonMember[]): Promise<DocumentText> {
  const yaml = await asYaml(members);
  if (yaml !== undefined) return { text: yaml, format: 'yaml' };
  const lines = members.map(({ name, text, isString }) => {
    return `  ${JSON.stringify(name)}: ${isString ? JSON.stringify(text) : text}`;
  });
  return { text: `{\n${lines.join(',\n')}\n}\n`, format: 'json' };
}

/**
 * The fields of an edited document.
 *
 * @param fileName for messages.
 * @throws KeywardError `invalid` with line and column, never quoting the text.
 */
export async function parseDocument({ text, format }: DocumentText, fileName: string): Promise<readonly JsonMember[]> {
  const members = format === 'json' ? readJsonObject(text) : undefined;
  if (members !== undefined) return members;
  const { data, locate } = await readYaml(text, fileName);
  if (format === 'json' || typeof data !== 'object' || data === null || Array.isArray(data)) {
    throw refusal(fileName, format === 'json' ? 'this is not JSON' : 'these are not fields with their values');
  }
  return Object.entries(data).map(([name, value]) => {
    if (typeof value === 'string') return { name, text: value, isString: true };
    const { line, column } = locate([name]) ?? { line: 1, column: 1 };
    throw refusal(`${fileName}:${line}:${column}`, 'this value is no text; put it in quotes');
  });
}

/** `undefined` when reading it would give something else. */
async function asYaml(members: readonly JsonMember[]): Promise<string | undefined> {
  if (members.length === 0 || !members.every(({ isString }) => isString)) return undefined;
  const { stringify } = await import('yaml');
  const text = stringify(new Map(members.map((member) => [member.name, member.text])), {
    lineWidth: 0,
    blockQuote: 'literal',
  });
  try {
    const read = await parseDocument({ text, format: 'yaml' }, '');
    const isExact = read.length === members.length && read.every((member, i) => isSame(member, members[i]));
    return isExact ? text : undefined;
  } catch (error) {
    if (isKeywardError(error, 'invalid')) return undefined;
    throw error;
  }
}

function isSame(one: JsonMember, other: JsonMember | undefined): boolean {
  return one.name === other?.name && one.text === other.text;
}

async function readYaml(text: string, fileName: string) {
  try {
    return await parseYamlConfig(text, fileName);
  } catch (error) {
    if (!isKeywardError(error, 'config')) throw error;
    throw new KeywardError('invalid', error.message, { advice: 'Correct this place, and save again.' });
  }
}

function refusal(where: string, problem: string): KeywardError {
  return new KeywardError('invalid', `${where}: ${problem}`, { advice: 'Correct this place, and save again.' });
}
