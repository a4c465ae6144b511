import { dirname } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { bareEntry, emptyInventory, type Inventory } from '../../core/inventory.js';
import { parsePath } from '../../core/path.js';
import { type TemporaryFolder, temporaryFolder } from '../../testing/temporary-folder.js';
import { inventoryYaml } from '../transfer/inventory-yaml.js';
import { draftInventory } from './draft-inventory.js';

let project: TemporaryFolder;
beforeEach(() => {
  project = temporaryFolder();
});
afterEach(() => project.remove());

const draft = (inventory: Inventory = emptyInventory) => draftInventory(dirname(project.path('any')), inventory);
const paths = async (inventory?: Inventory) => (await draft(inventory)).entries.map(({ path }) => path);

describe('the draft of an inventory', () => {
  test('lists what .env.example leaves open, and what it gives only where that is called like a secret', async () => {
    project.write('.env.example', 'BINANCE_API_KEY=\nBINANCE_API_SECRET=\nGREETING=\nPORT=8080\nA_TOKEN=changeme\n');
    const { entries, leftOut } = await draft();
    expect(inventoryYaml(entries)).toBe(
      'secrets:\n  exchange/binance: { fields: [api_key, api_secret] }\n  app/greeting: {}\n  app/a_token: {}\n',
    );
    expect(leftOut).toEqual(['PORT']);
  });

  test('lists what code reads and is called like a secret or belongs to something known', async () => {
    project.write(
      'src/a.ts',
      'const { JWT_SECRET, LOG_LEVEL } = process.env; f(process.env["PGPASSWORD"], process.env.HOME);',
    );
    project.write('b.py', "os.getenv('HF_TOKEN'); os.environ['PGHOST']");
    project.write('run.sh', `curl -H "X: $A_TOKEN" \${B_TOKEN:-none} '$1'`);
    project.write('notes.md', 'process.env.NOT_CODE_TOKEN');
    expect([...(await paths())].sort()).toEqual([
      'app/a_token',
      'app/b_token',
      'app/jwt_secret',
      'database/postgres/host',
      'database/postgres/password',
      'services/huggingface/token',
    ]);
    expect((await draft()).leftOut).toEqual(['LOG_LEVEL']);
  });

  test('lists the environment of Compose files and the secrets that Kubernetes manifests name', async () => {
    project.write(
      'compose.yaml',
      `services:\n  a: { environment: { A_PASSWORD: x, LOG: y } }\n  b:\n    environment:\n      - B_PASSWORD=\${C_PASSWORD}\n      - D_PASSWORD\n`,
    );
    project.write(
      'k8s/deploy.yml',
      'spec: { containers: [{ env: [{ name: GREETING, valueFrom: { secretKeyRef: { name: s, key: k } } }, { name: HELLO, value: v }] }] }\n',
    );
    expect([...(await paths())].sort()).toEqual([
      'app/a_password',
      'app/b_password',
      'app/c_password',
      'app/d_password',
      'app/greeting',
    ]);
  });

  test('says which file it could not read, and reads the others', async () => {
    project.write('chart.yaml', `environment: {{ .Values.env }}\nx: \${A_TOKEN}\n`);
    project.write('b.py', "os.getenv('B_TOKEN')");
    const { entries, findings } = await draft();
    expect(entries.map(({ path }) => path)).toEqual(['app/b_token', 'app/a_token']);
    expect(findings).toMatchObject([{ severity: 'warning', where: 'chart.yaml' }]);
  });

  test('lists nothing that the inventory has', async () => {
    project.write('a.js', 'process.env.JWT_SECRET; process.env.OTHER_SECRET');
    const path = parsePath('auth/signing');
    expect(await paths(new Map([[path, { ...bareEntry(path), env: ['JWT_SECRET'] }]]))).toEqual(['app/other_secret']);
  });

  test('holds no value of what it read', async () => {
    project.write('.env.example', 'A_TOKEN=canary-1\nB=canary-2\n');
    project.write('compose.yaml', 'environment: { C_TOKEN: canary-3 }\n');
    expect(JSON.stringify(await draft())).not.toContain('canary');
  });
});
