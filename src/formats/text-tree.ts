import { KeywardError } from '../core/errors.js';

/** Where something stands in a text: both from 1, columns in UTF-16 units. */
export interface TextPlace {
  readonly line: number;
  readonly column: number;
}

/** A JSON or YAML document, with the place of everything in it and every scalar as it is written. */
export type TextNode = ScalarNode | MapNode | ListNode;

export interface ScalarNode {
  readonly kind: 'text' | 'other' | 'null';
  readonly place: TextPlace;
  /** The decoded text of a string, the verbatim text of a number or boolean (`1.0` stays `1.0`). */
  readonly text: string;
}

export interface MapNode {
  readonly kind: 'map';
  readonly place: TextPlace;
  /** In the order of the text; no key stands there twice. */
  readonly members: ReadonlyMap<string, TextNode>;
}

export interface ListNode {
  readonly kind: 'list';
  readonly place: TextPlace;
  readonly items: readonly TextNode[];
}

export const maxTreeDepth = 32;

/** The refusal of a text at a place of it; never quotes the text. */
export function refusalAt(fileName: string, { line, column }: TextPlace, problem: string): KeywardError {
  return new KeywardError('invalid', `${fileName}:${line}:${column}: ${problem}`, {
    store: fileName,
    advice: 'Correct this place; nothing of the file was used.',
  });
}
