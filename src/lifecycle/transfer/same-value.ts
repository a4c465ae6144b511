import { isDeepStrictEqual } from 'node:util';
import { documentMembers, type Payload } from '../../core/payload.js';
import { Secret } from '../../core/secret.js';

/**
 * Whether two values mean the same: byte for byte, or documents with the same fields, whatever their order and spelling,
 * since some stores keep documents in a spelling of their own. Texts are compared in constant time.
 */
export function sameValue(a: Payload, b: Payload): boolean {
  if (a.kind === b.kind && Secret.of(a).equals(Secret.of(b))) return true;
  const [left, right] = [documentMembers(a), documentMembers(b)];
  if (left === undefined || right === undefined || left.length !== right.length) return false;
  const fields = new Map(right.map((member) => [member.name, member]));
  return left.every(({ name, text, isString }) => {
    const other = fields.get(name);
    if (other === undefined || other.isString !== isString) return false;
    return isString ? Secret.fromText(text).equals(other.text) : sameJson(text, other.text);
  });
}

/** Numbers must be spelled alike: floating point would take different long ones for the same. */
function sameJson(a: string, b: string): boolean {
  return isDeepStrictEqual(JSON.parse(a), JSON.parse(b)) && isDeepStrictEqual(numbersIn(a), numbersIn(b));
}

function numbersIn(json: string): readonly string[] {
  return (json.replaceAll(/"(?:[^"\\]|\\.)*"/g, '""').match(/-?\d[\d.eE+-]*/g) ?? []).sort();
}
