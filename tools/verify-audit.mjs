#!/usr/bin/env node
/**
 * Verifies an audit log of Keyward with nothing but Node: no key, no package, no other file of this repository.
 *
 *     node verify-audit.mjs <folder> [--key <hex of a public key>] [--anchor <file>] [--json]
 *
 * Exit status: 0 the log is sound and signed to its end, 1 something was changed, 2 sound, but entries after the last
 * checkpoint are not signed yet, 64 wrong usage.
 *
 * The log: volumes 000001.log, 000002.log … of lines, each a JSON object in one canonical spelling. `prev` of a line is
 * the SHA-256 of the line before it, `seq` its number through all volumes. A checkpoint is a line with the Ed25519
 * signature `sig` by `key` over "keyward/audit-checkpoint/v1\n" and the line without its `sig` member; with `next` it
 * hands over to another key. checkpoint.json holds the newest checkpoint, checkpoint-….lost.json one that a log which was
 * cut did not hold any more: the log must hold all of them. An anchor is a checkpoint kept elsewhere.
 */
import { createHash, createPublicKey, verify } from 'node:crypto';
import { createReadStream, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

const maxLineBytes = 64 * 1024;
const position =
  /\{"v":1,"node":"([0-9a-f]{32})","seq":([1-9][0-9]{0,14}),"time":"[0-9]{4}(?:-[0-9]{2}){2}T[0-9]{2}(?::[0-9]{2}){2}\.[0-9]{3}Z","prev":"([0-9a-f]{64})"/
    .source;
const entryPattern = new RegExp(`^${position},"box":"[A-Za-z0-9+/]+={0,2}"\\}$`);
const checkpointPattern = new RegExp(
  `^(${position},"store":"([A-Za-z0-9._-]{1,64})","key":"([0-9a-f]{64})"(?:,"next":"([0-9a-f]{64})")?),"sig":"([A-Za-z0-9+/]{86}==)"\\}$`,
);

/** Answers {status, entries, checkpoints, unsignedEntries, keys, firstProblem?: {volume, line, problem}}. */
export async function verifyFolder(folder, { anchor, publicKey } = {}) {
  const witnesses = [];
  for (const name of readdirSync(folder).sort()) {
    if (/^checkpoint.*\.json$/.test(name)) witnesses.push({ name, bytes: readFileSync(join(folder, name)) });
  }
  if (anchor !== undefined) witnesses.push({ name: 'the anchor', bytes: Buffer.from(anchor) });
  const chain = newChain();
  const witnessAt = placeWitnesses(chain, witnesses);

  let number = 0;
  for (const name of volumesIn(folder)) {
    number += 1;
    const expected = String(number).padStart(6, '0');
    if (name !== expected) {
      settleSuspect(chain, undefined);
      fail(chain, { volume: expected, line: 1 }, 'the volume is missing');
      return resultOf(chain);
    }
    if (chain.torn) fail(chain, chain.torn, 'the line is incomplete, and more follows it');
    chain.here = { volume: name, line: 0 };
    const rest = await readLines(join(folder, `${name}.log`), (bytes) => {
      checkLine(chain, witnessAt, bytes);
      return chain.problem === undefined;
    });
    if (chain.problem) return resultOf(chain);
    if (rest > 0) chain.torn = { volume: name, line: chain.here.line + 1 };
  }
  settleSuspect(chain, undefined);
  const next = { volume: chain.here.volume, line: chain.here.line + 1 };
  for (const [sequence, witness] of witnessAt) {
    if (sequence > chain.sequence) fail(chain, next, `the log ends before the checkpoint in ${witness.name}`);
  }
  const isToBeSigned = chain.checkpoints > 0 || chain.entries === 0;
  if (publicKey !== undefined && isToBeSigned && !chain.keys.includes(publicKey)) {
    fail(chain, next, 'no checkpoint is signed by the expected key');
  }
  return resultOf(chain);
}

function newChain() {
  const start = { volume: '000001', line: 0 };
  return {
    here: start,
    before: start,
    sequence: 0,
    hash: '0'.repeat(64),
    node: undefined,
    store: undefined,
    key: undefined,
    formerKey: undefined,
    keys: [],
    entries: 0,
    checkpoints: 0,
    unsigned: 0,
    suspect: undefined,
    torn: undefined,
    problem: undefined,
  };
}

function placeWitnesses(chain, witnesses) {
  const bySequence = new Map();
  for (const witness of witnesses) {
    const line = parseLine(witness.bytes);
    if (line?.kind !== 'checkpoint') {
      fail(chain, { volume: witness.name, line: 1 }, 'is not a checkpoint');
      continue;
    }
    const other = bySequence.get(line.sequence);
    if (other && !other.bytes.equals(witness.bytes)) {
      fail(chain, { volume: witness.name, line: 1 }, `differs from ${other.name}`);
    }
    bySequence.set(line.sequence, witness);
  }
  return bySequence;
}

function checkLine(chain, witnessAt, bytes) {
  if (chain.here.line > 0) chain.before = chain.here;
  chain.here = { volume: chain.here.volume, line: chain.here.line + 1 };
  const line = parseLine(bytes);
  settleSuspect(chain, line);
  if (chain.problem) return;
  const problem = line === undefined ? 'it is not a line of an audit log' : problemOf(chain, witnessAt, line, bytes);
  if (problem !== undefined) fail(chain, chain.here, problem);
  else if (!chain.problem) accept(chain, line, bytes);
}

function problemOf(chain, witnessAt, line, bytes) {
  if (line.sequence !== chain.sequence + 1) {
    return `number ${line.sequence} stands where ${chain.sequence + 1} belongs`;
  }
  if (line.kind === 'checkpoint') {
    const problem = problemOfCheckpoint(chain, line);
    if (problem !== undefined) return problem;
  }
  if (line.previous !== chain.hash) {
    if (chain.sequence === 0) return mismatch;
    // A signature vouches for its line's link to the line before; for an entry, the line after it has to.
    if (line.kind === 'checkpoint') fail(chain, chain.before, changed);
    else chain.suspect = { before: chain.before, here: chain.here, hash: sha256(bytes) };
    return undefined;
  }
  if (chain.node !== undefined && line.node !== chain.node) return 'it was written by another node';
  const witness = witnessAt.get(line.sequence);
  if (witness && !witness.bytes.equals(bytes)) return `it differs from the checkpoint in ${witness.name}`;
  return undefined;
}

function problemOfCheckpoint(chain, line) {
  if (chain.store !== undefined && line.store !== chain.store) return 'the checkpoint is of another store';
  const isRepeated = line.key === chain.formerKey && line.next === chain.key;
  if (chain.key !== undefined && line.key !== chain.key && !isRepeated) return 'the checkpoint is signed by a new key';
  return isSignedBy(line) ? undefined : 'the signature of the checkpoint is wrong';
}

function isSignedBy(line) {
  const signature = Buffer.from(line.signature, 'base64');
  if (signature.toString('base64') !== line.signature) return false;
  const der = Buffer.concat([Buffer.from('302a300506032b6570032100', 'hex'), Buffer.from(line.key, 'hex')]);
  const message = Buffer.from(`keyward/audit-checkpoint/v1\n${line.unsigned}}`);
  try {
    return verify(null, message, createPublicKey({ key: der, format: 'der', type: 'spki' }), signature);
  } catch {
    return false;
  }
}

function accept(chain, line, bytes) {
  chain.sequence = line.sequence;
  chain.hash = sha256(bytes);
  chain.node = line.node;
  if (line.kind === 'entry') {
    chain.entries += 1;
    chain.unsigned += 1;
    return;
  }
  chain.checkpoints += 1;
  chain.unsigned = 0;
  chain.store = line.store;
  if (!chain.keys.includes(line.key)) chain.keys.push(line.key);
  if (line.next !== undefined) chain.formerKey = line.key;
  chain.key = line.next ?? line.key;
}

const changed = 'the line was changed: the one after it continues another';
const mismatch = 'it does not continue the line before it';

/** The line after one that does not fit tells whether that one or the one before it was changed. */
function settleSuspect(chain, next) {
  const { suspect } = chain;
  if (suspect === undefined) return;
  const isKept = next?.previous === suspect.hash;
  fail(chain, isKept ? suspect.before : suspect.here, isKept ? changed : mismatch);
}

function fail(chain, place, problem) {
  chain.problem ??= { ...place, problem };
}

function resultOf(chain) {
  const torn = chain.torn && { ...chain.torn, problem: 'the last line is incomplete: a write was interrupted' };
  const isUnsigned = chain.unsigned > 0 || chain.torn !== undefined;
  return {
    status: chain.problem ? 'broken' : isUnsigned ? 'unsigned' : 'ok',
    entries: chain.entries,
    checkpoints: chain.checkpoints,
    unsignedEntries: chain.unsigned,
    keys: chain.keys,
    firstProblem: chain.problem ?? torn,
  };
}

function parseLine(bytes) {
  if (bytes.length > maxLineBytes) return undefined;
  const text = bytes.toString('latin1');
  const entry = entryPattern.exec(text);
  if (entry) return { kind: 'entry', node: entry[1], sequence: Number(entry[2]), previous: entry[3] };
  const match = checkpointPattern.exec(text);
  if (!match) return undefined;
  const [, unsigned, node, sequence, previous, store, key, next, signature] = match;
  return { kind: 'checkpoint', unsigned, node, sequence: Number(sequence), previous, store, key, next, signature };
}

function volumesIn(folder) {
  return readdirSync(folder)
    .map((file) => /^([0-9]{6,15})\.log$/.exec(file)?.[1])
    .filter((name) => name !== undefined && String(Number(name)).padStart(6, '0') === name)
    .sort((a, b) => Number(a) - Number(b));
}

/** Hands over each whole line until told to stop; answers how many bytes follow the last one. */
async function readLines(path, onLine) {
  let rest = Buffer.alloc(0);
  const join = (bytes) => Buffer.concat([rest, bytes.subarray(0, maxLineBytes + 1 - rest.length)]);
  for await (const chunk of createReadStream(path, { highWaterMark: 256 * 1024 })) {
    let start = 0;
    for (let end = chunk.indexOf(0x0a); end >= 0; end = chunk.indexOf(0x0a, start)) {
      const line = join(chunk.subarray(start, end));
      rest = Buffer.alloc(0);
      start = end + 1;
      if (!onLine(line)) return 0;
    }
    rest = join(chunk.subarray(start));
  }
  return rest.length;
}

function sha256(bytes) {
  return createHash('sha256').update(bytes).digest('hex');
}

function readArguments(list) {
  const options = { isJson: false };
  const words = [...list];
  while (words.length > 0) {
    const word = words.shift();
    if (word === '--json') options.isJson = true;
    else if (word === '--key') options.publicKey = words.shift() ?? '';
    else if (word === '--anchor') options.anchor = readFileSync(words.shift() ?? '');
    else if (options.folder === undefined && !word.startsWith('-')) options.folder = word;
    else return undefined;
  }
  const isKeySound = options.publicKey === undefined || /^[0-9a-f]{64}$/.test(options.publicKey);
  return options.folder === undefined || !isKeySound ? undefined : options;
}

async function main() {
  const options = readArguments(process.argv.slice(2));
  if (options === undefined) {
    console.error('usage: node verify-audit.mjs <folder> [--key <64 hex digits>] [--anchor <file>] [--json]');
    return 64;
  }
  const result = await verifyFolder(options.folder, options);
  if (options.isJson) {
    console.log(JSON.stringify(result, undefined, 2));
  } else {
    const { status, entries, checkpoints, unsignedEntries, keys, firstProblem } = result;
    console.log(`${status}: ${entries} entries, ${checkpoints} checkpoints, ${unsignedEntries} entries not signed yet`);
    for (const key of keys) console.log(`signed by ${key}`);
    if (firstProblem) console.log(`volume ${firstProblem.volume}, line ${firstProblem.line}: ${firstProblem.problem}`);
  }
  return { ok: 0, broken: 1, unsigned: 2 }[result.status];
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  process.exitCode = await main().catch((error) => {
    console.error(error instanceof Error ? error.message : 'failed');
    return 1;
  });
}
