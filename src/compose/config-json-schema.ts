import type * as v from 'valibot';
import { configSchema } from './config-schema.js';

type Json = Readonly<Record<string, unknown>>;

/** The parts of a schema of valibot that `keyward.yaml` is made of. */
interface Node {
  readonly type: string;
  readonly entries?: Readonly<Record<string, Node>>;
  readonly wrapped?: Node;
  readonly item?: Node;
  readonly value?: Node;
  readonly options?: readonly unknown[];
  readonly literal?: unknown;
  readonly requirement?: unknown;
  readonly pipe?: readonly Node[];
}

/** JSON Schema (draft 7) of `keyward.yaml`, as editors use it: a file that Keyward takes is valid by it. */
export function configJsonSchema(): Json {
  return { $schema: 'http://json-schema.org/draft-07/schema#', title: 'keyward.yaml', ...convert(configSchema) };
}

function convert(schema: v.GenericSchema | Node): Json {
  const node = schema as Node;
  const { wrapped, item, entries = {}, value, options = [] } = node;
  switch (node.type) {
    case 'optional':
      return wrapped === undefined ? {} : convert(wrapped);
    case 'nullish':
      return wrapped === undefined ? {} : { anyOf: [convert(wrapped), { type: 'null' }] };
    case 'strict_object':
      return {
        type: 'object',
        additionalProperties: false,
        properties: Object.fromEntries(Object.entries(entries).map(([key, entry]) => [key, convert(entry)])),
      };
    case 'custom': {
      const mapping = node.pipe?.find(({ type }) => type === 'map');
      return mapping === undefined ? {} : convert(mapping);
    }
    case 'map':
    case 'record':
      return { type: 'object', ...(value && { additionalProperties: convert(value) }) };
    case 'array':
      return { type: 'array', ...(item && { items: convert(item) }) };
    case 'union':
      return { anyOf: options.map((option) => convert(option as Node)) };
    case 'picklist':
      return { enum: options };
    case 'literal':
      return { const: node.literal };
    case 'boolean':
      return { type: 'boolean' };
    case 'string':
      return { type: 'string', ...pattern(node) };
    default:
      return {};
  }
}

function pattern({ pipe = [] }: Node): Json {
  const regex = pipe.find(({ type }) => type === 'regex')?.requirement;
  return regex instanceof RegExp ? { pattern: regex.source } : {};
}
