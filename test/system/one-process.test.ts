import { spawn } from 'node:child_process';
import { mkdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { build } from 'esbuild';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Laptop, repository } from './cli.js';

const hangsAfterMs = 10_000;

let laptop: Laptop;

beforeAll(async () => {
  laptop = await Laptop.initialised();
  await laptop.ok(['set', 'app/jwt_secret'], { stdin: 'the value' });
  mkdirSync(join(laptop.project, 'library'));
  symlinkSync(join(repository, 'node_modules'), join(laptop.project, 'library/node_modules'));
  await build({
    absWorkingDir: repository,
    entryPoints: ['src/index.ts'],
    outfile: join(laptop.project, 'library/index.mjs'),
    bundle: true,
    packages: 'external',
    format: 'esm',
    platform: 'node',
    logLevel: 'warning',
  });
});
afterAll(() => laptop.remove());

/** What the module prints; a process that hangs is ended. */
async function printed(module: string): Promise<string> {
  const file = laptop.write('library/program.mjs', `import { openSecrets, openStore } from './index.mjs';\n${module}`);
  const child = spawn(process.execPath, [file], {
    cwd: laptop.project,
    env: laptop.environment({ NODE_ENV: 'development' }),
    timeout: hangsAfterMs,
    killSignal: 'SIGKILL',
  });
  const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr)]);
  return stdout + stderr;
}

describe('one process', () => {
  test('may open the chain several times at once', async () => {
    const program = `
      const opened = await Promise.all(Array.from({ length: 4 }, () => openSecrets()));
      for (let round = 0; round < 2; round += 1) {
        const secrets = await Promise.all(opened.map((secrets) => secrets.get('app/jwt_secret')));
        console.log(secrets.map((secret) => secret.expose()).join());
      }
      await Promise.all(opened.map((secrets) => secrets.close()));
      const again = await openSecrets();
      console.log((await again.get('app/jwt_secret')).expose());
      await again.close();`;
    const four = 'the value,the value,the value,the value';
    expect(await printed(program)).toBe(`${four}\n${four}\nthe value\n`);
  });

  test('hears through a handle of what is written past it, and ends by itself while the handle is open', async () => {
    const program = `
      const alive = setInterval(() => {}, 1000);
      const [secrets, store] = await Promise.all([openSecrets(), openStore()]);
      const handle = await secrets.handle('app/jwt_secret');
      const changed = new Promise((resolve) => handle.onChange((now, before) => resolve([before, now])));
      const payload = { kind: 'text', bytes: new TextEncoder().encode('a new value') };
      await store.client.secrets.write('bot/development/app/jwt_secret', { payload });
      const values = [...(await changed), handle.current(), await secrets.get('app/jwt_secret')];
      console.log(values.map((secret) => secret.expose()).join());
      payload.bytes = new TextEncoder().encode('the value');
      await store.client.secrets.write('bot/development/app/jwt_secret', { payload });
      await store.close();
      clearInterval(alive);`;
    expect(await printed(program)).toBe('the value,a new value,a new value,a new value\n');
  });

  test('may open the store while it writes to it', async () => {
    const program = `
      const first = await openStore();
      const payload = { kind: 'text', bytes: new TextEncoder().encode('v') };
      const write = (name) => first.client.secrets.write('bot/development/app/' + name, { payload });
      let isWriting = true;
      const writer = async (name) => {
        while (isWriting) await write(name);
      };
      const writers = Promise.all(['a', 'b', 'c'].map(writer));
      const others = [];
      for (let i = 0; i < 5; i += 1) others.push(...(await Promise.all([openStore(), openStore()])));
      isWriting = false;
      await writers;
      await write('last');
      const found = await Promise.all(others.map(({ client }) => client.secrets.read({ path: 'bot/development/app/last' })));
      console.log(found.map(({ version }) => version.number).join());
      await Promise.all([first, ...others].map((store) => store.close()));`;
    expect(await printed(program)).toBe('1,1,1,1,1,1,1,1,1,1\n');
  });

  test('ends by itself when everything is closed, and when it was never opened', async () => {
    const program = `
      const secrets = await openSecrets();
      await secrets.get('app/jwt_secret');
      await secrets.close();
      await openSecrets();
      process.on('exit', () => console.log('ended'));`;
    expect(await printed(program)).toBe('ended\n');
  });

  test('that prints everything it was given prints no value', async () => {
    const program = `
      const secrets = await openSecrets();
      const secret = await secrets.get('app/jwt_secret');
      console.log(secret, [secret], { secret }, String(secret), JSON.stringify({ secret }), \`\${secret}\`, secret.origin);
      await secrets.get('app/missing').catch((error) => console.log(error));
      console.log(secrets, await secrets.explain('app/jwt_secret'), await secrets.health());
      await secrets.close();`;
    const output = await printed(program);
    expect(output).toContain('REDACTED');
    expect(output).not.toContain('the value');
  });
});
