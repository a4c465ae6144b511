import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { RotationKind } from '../src/core/rotator-settings.js';
import type { CommandedRotation } from './killed-rotations.js';

const program = `
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { randomUUID } from 'node:crypto';
const [kind, file] = process.argv.slice(2);
const { step, from, to } = JSON.parse(readFileSync(0, 'utf8'));
const accepted = new Set(JSON.parse(readFileSync(file, 'utf8')));
if (step === 'generate') console.log(JSON.stringify({ value: randomUUID() }));
if (step === 'test' && !accepted.has(to.value)) process.exit(3);
if (step === 'set' && kind !== 'overlap') accepted.clear();
if (step === 'set') accepted.add(to.value);
if (step === 'revoke') accepted.delete(from.value);
if (step === 'set' || step === 'revoke') {
  writeFileSync(file + process.pid, JSON.stringify([...accepted]));
  renameSync(file + process.pid, file);
}
`;

/** A service that a program rotates. Its passwords lie in a file of the folder that is replaced as a whole. */
export function rotatedService(folder: string, kind: RotationKind): CommandedRotation {
  const [accepted, command] = [join(folder, 'accepted'), join(folder, 'service.mjs')];
  writeFileSync(accepted, '["first"]');
  writeFileSync(command, program);
  return {
    rotator: { exec: { kind, command: [process.execPath, command, kind, accepted] } },
    fields: { value: 'first' },
    works: async (login) => JSON.parse(readFileSync(accepted, 'utf8')).includes(login.get('value')?.expose()),
  };
}
