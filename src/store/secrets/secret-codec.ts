import { KeywardError } from '../../core/errors.js';
import type { Path } from '../../core/path.js';
import { maxPayloadBytes, type Payload } from '../../core/payload.js';
import type { VersionState } from '../../core/version.js';
import { ByteWriter } from '../../crypto/byte-writer.js';
import { ByteReader, fromHex, toHex } from '../../crypto/encoding.js';
import { metadataProblem } from './metadata.js';
import { currentVersion, maxVersionsLimit, type SecretState, type StoredVersion } from './secret-state.js';
import { isToken } from './version-token.js';

const schema = 1;
const states: readonly VersionState[] = ['live', 'deleted', 'destroyed'];
const kinds: readonly Payload['kind'][] = ['text', 'binary'];
const idBytes = 16;
const macBytes = 32;
const usualRowBytes = 2048;

/**
 * The plaintext of a `secret` row. Integers are big-endian, `lp(x)` is a 4-byte length and x, texts are UTF-8:
 *
 *     schema=1 (1) ‖ lp(path) ‖ created ms (8) ‖ updated ms (8) ‖ max versions (1) ‖ next number (8)
 *     ‖ metadata count (2) ‖ lp(name) lp(value) …     ascending by name
 *     ‖ version count (1)  ‖ version …                ascending by number
 *
 *     version = number (8) ‖ id (16) ‖ created ms (8) ‖ state (1: live 0, deleted 1, destroyed 2)
 *               ‖ kind (1: text 0, binary 1) ‖ size (4) ‖ lp(token), empty for none
 *               ‖ stage count (1) ‖ lp(stage) …       ascending
 *               ‖ unless destroyed: object id (16) ‖ payload MAC (32) ‖ lp(wrapped data key)
 *
 * Each state has one encoding, and nothing else decodes.
 */
export function encodeSecret(state: SecretState): Uint8Array {
  const writer = new ByteWriter(usualRowBytes).u8(schema).lp(state.path).u64(state.createdAt).u64(state.updatedAt);
  writer.u8(state.maxVersions).u64(state.nextNumber).u16(state.metadata.size);
  for (const [name, value] of state.metadata) writer.lp(name).lp(value);
  writer.u8(state.versions.length);
  for (const version of state.versions) writeVersion(writer, version);
  return writer.written;
}

/** @throws KeywardError `integrity` for anything that `encodeSecret` does not write for this path. */
export function decodeSecret(path: Path, bytes: Uint8Array): SecretState {
  const reader = new ByteReader(bytes);
  assertSound(reader.u8() === schema, 'its schema is unknown');
  assertSound(reader.text() === path, 'it is about another path');
  const createdAt = reader.u64();
  const updatedAt = reader.u64();
  const maxVersions = reader.u8();
  assertSound(maxVersions >= 1 && maxVersions <= maxVersionsLimit, 'its limit of versions is out of range');
  const nextNumber = reader.u64();
  const metadata = readMetadata(reader);
  const versions = readList(reader.u8(), () => readVersion(reader));
  reader.end();
  const state: SecretState = { path, createdAt, updatedAt, maxVersions, nextNumber, metadata, versions };
  checkVersions(state);
  return state;
}

function writeVersion(writer: ByteWriter, version: StoredVersion): void {
  const { sealed, stages } = version;
  writer.u64(version.number).bytes(fromHex(version.id)).u64(version.createdAt);
  writer.u8(states.indexOf(version.state)).u8(kinds.indexOf(version.kind)).u32(version.size);
  writer.lp(version.token ?? '').u8(stages.length);
  for (const stage of stages) writer.lp(stage);
  if (sealed !== undefined) writer.bytes(sealed.objectId).bytes(sealed.mac).lp(sealed.wrappedKey);
}

/** As `Array.from` would, which takes longer than to read most of what a row holds. */
function readList<T>(count: number, readOne: () => T): readonly T[] {
  const list: T[] = [];
  while (list.length < count) list.push(readOne());
  return list;
}

function readMetadata(reader: ByteReader): ReadonlyMap<string, string> {
  const entries = readList(reader.u16(), () => [reader.text(), reader.text()] as const);
  assertSound(isAscending(entries.map(([name]) => name)), 'its metadata is not in order');
  assertSound(metadataProblem(entries) === undefined, 'its metadata is over a limit');
  return new Map(entries);
}

function readVersion(reader: ByteReader): StoredVersion {
  const number = reader.u64();
  const id = toHex(reader.bytes(idBytes));
  const createdAt = reader.u64();
  const state = states[reader.u8()];
  const kind = kinds[reader.u8()];
  if (state === undefined || kind === undefined) throw damaged('a version has an unknown state or kind');
  const size = reader.u32();
  assertSound(size <= maxPayloadBytes, 'a version is over the limit of a payload');
  const token = reader.text() || undefined;
  assertSound(token === undefined || isToken(token), 'the token of a version has another form');
  const stages = readList(reader.u8(), () => reader.text());
  assertSound(isAscending(stages), 'the stages of a version are not in order');
  const sealed =
    state === 'destroyed'
      ? undefined
      : { objectId: reader.bytes(idBytes), mac: reader.bytes(macBytes), wrappedKey: reader.lpView() };
  return { number, id, createdAt, state, kind, size, token, stages, sealed };
}

function checkVersions(state: SecretState): void {
  const numbers = [0, ...state.versions.map((version) => version.number), state.nextNumber];
  assertSound(isAscending(numbers), 'its versions are not in order');
  assertSound(state.versions.length <= maxVersionsLimit, 'it has too many versions');
  const stages = state.versions.flatMap((version) => version.stages);
  assertSound(new Set(stages).size === stages.length, 'a stage is on two versions');
  currentVersion(state);
}

function isAscending<T extends string | number>(values: readonly T[]): boolean {
  return values.every((value, index) => index === 0 || (values[index - 1] ?? value) < value);
}

function assertSound(holds: boolean, problem: string): void {
  if (!holds) throw damaged(problem);
}

function damaged(problem: string): KeywardError {
  return new KeywardError('integrity', `the row of a secret is not as it was written: ${problem}`);
}
