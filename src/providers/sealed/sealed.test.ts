import { readFileSync, writeFileSync } from 'node:fs';
import { afterEach, beforeAll, beforeEach, describe, test } from 'vitest';
import type { Path } from '../../core/path.js';
import type { Payload } from '../../core/payload.js';
import { providerContract } from '../../core/provider.contract.js';
import { newAgeIdentity, parseAgeIdentities } from '../../crypto/age-identity.js';
import { utf8 } from '../../crypto/encoding.js';
import { SealedFile } from '../../crypto/sealed-file.js';
import { SealedSecrets } from '../../crypto/sealed-secrets.js';
import { formatSealedYaml, parseSealedYaml } from '../../formats/sealed-yaml.js';
import { type TemporaryFolder, temporaryFolder } from '../../testing/temporary-folder.js';
import { createSealedProvider } from './sealed.js';

const runner = { describe, test, skip: test.skip };

let identity: string;
let recipient: string;
beforeAll(() => {
  ({ text: identity, recipient } = newAgeIdentity());
});

let folder: TemporaryFolder;
let file: string;
let keyFile: string;
beforeEach(async () => {
  folder = temporaryFolder();
  keyFile = folder.write('identity.txt', `# mine\n${identity}\n`);
  file = folder.write('keyward.sealed.yaml', formatSealedYaml(SealedFile.create(new Map([[recipient, '']]))));
});
afterEach(() => folder.remove());

function provider(prefix?: Path) {
  return createSealedProvider({ name: 'sealed', file, keyFile, prefix });
}

let seeds: (readonly [Path, Payload])[] = [];
let seeded: Promise<void> = Promise.resolve();

/** As another program on another machine would, with one change for all that is asked for at once. */
function seed(path: Path, payload: Payload): Promise<void> {
  seeds.push([path, payload]);
  seeded = seeded.then(async () => {
    const batch = seeds;
    seeds = [];
    if (batch.length > 0) await addSecrets(batch);
  });
  return seeded;
}

async function addSecrets(secrets: readonly (readonly [Path, Payload])[]): Promise<void> {
  const identities = parseAgeIdentities(utf8(identity), 'identity');
  const sealed = SealedFile.open(parseSealedYaml(readFileSync(file, 'utf8'), file), { identities, fileName: file });
  const present = new SealedSecrets(sealed);
  const changes = secrets.flatMap(([path, payload]) => [...present.write(path, { payload }, undefined, 0).changes]);
  writeFileSync(file, formatSealedYaml(sealed.changed(new Map(changes))));
}

providerContract(runner, 'sealed', async () => ({ subject: { provider: provider(), seed } }), [
  { test: 'keeps the former version at the stage previous', reason: 'git keeps the former versions' },
  { test: 'describes the versions, newest first', reason: 'there is one version of each secret' },
  { test: 'makes one version of a write that is repeated with its token', reason: 'a file has no journal' },
]);
