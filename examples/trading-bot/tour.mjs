// The guided tour (`npm start`): Keyward's main job on a copy of this folder, with made-up values, in a temporary home.
// Prints every command as it runs it, leaves nothing behind, and fails if any step fails.
import { spawn, spawnSync } from 'node:child_process';
import { randomBytes, randomInt } from 'node:crypto';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { styleText } from 'node:util';
import { searchFolders } from './readable-forms.mjs';

const root = fileURLToPath(new URL('../..', import.meta.url));
const sample = join(root, 'examples/trading-bot');
const paint = (style, text) => (process.stdout.isTTY && !process.env.NO_COLOR ? styleText(style, text) : text);

buildIfOlderThanSources();

const home = mkdtempSync(join(tmpdir(), 'keyward-tour-'));
const project = join(home, 'trading-bot');
const storeFolders = ['data', 'config', 'state'].map((name) => join(home, name));
let child;
let interrupted = false;
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
  process.on(signal, () => {
    interrupted = true;
    // All of the line's processes: one that lives on would write into the folder that is being removed.
    if (child?.exitCode === null) process.kill(-child.pid, 'SIGKILL');
  });
}

try {
  await tour();
  title(`Done. Everything was in ${home}, which is removed now.`);
} catch (error) {
  console.error(interrupted ? '\ninterrupted' : `\nthe tour failed: ${error.message}`);
  process.exitCode = interrupted ? 130 : 1;
} finally {
  rmSync(home, { recursive: true, force: true });
}

async function tour() {
  const values = prepareProject();
  const texts = [...values.values(), ...values.keys(), 'exchange/binance', 'database/url', 'api_secret'];

  title('1. A bot with its secrets in a .env file: anything that reads the file has them all.');
  await run("sed 's/=.*/=…/' .env | grep -v '^#' | head -4");
  const before = searchFolders([project], [...values.values()]);
  say(`A search of this folder finds ${before.found.length} of the ${values.size} values.`);
  expect(before.found.length === values.size, 'the search does not find what is there');

  title('2. Move them into an encrypted store. Every value is read back before you may delete the file.');
  await run('keyward init --from .env');
  await run('rm .env');
  await run('keyward list');

  title('3. Read through the chain of stores: the store first, then the environment.');
  await run('keyward explain exchange/binance/api_secret');
  say('A variable of the same name does not win, because the store stands before the environment:');
  await run('BINANCE_SECRET_KEY=from-the-shell keyward explain exchange/binance/api_secret');
  say('A pipe gets the exact bytes. A terminal gets ***REDACTED*** with length, version and store, unless --reveal.');
  await run('keyward get exchange/binance/api_secret | wc -c');
  if (process.stdout.isTTY) await run('keyward get exchange/binance/api_secret');

  title('4. Run the programs: one uses the library, one has never heard of Keyward.');
  const first = await run('node bot.mjs', { capture: true });
  expect(first.includes('binance: credentials from keyward, version 1'), 'the bot did not get version 1');
  await run('keyward run -- node legacy-bot.mjs');
  say('Without Keyward it has nothing:');
  await run('node legacy-bot.mjs', { status: 1 });

  title('5. Change one value. The other fields of the document stay, and the version before it is kept.');
  await run(
    `node -p 'require("node:crypto").randomBytes(32).toString("hex")' | keyward set exchange/binance/api_secret`,
  );
  await run('keyward history exchange/binance');
  const second = await run('node bot.mjs', { capture: true });
  expect(second.includes('binance: credentials from keyward, version 2'), 'the bot did not get version 2');
  expect(signatureIn(first) !== signatureIn(second), 'the bot signs as before');
  await run('keyward get exchange/binance#api_secret@previous | wc -c');

  title('6. Every access was recorded, and nobody can edit the record unnoticed.');
  await run('keyward audit show -n 5');
  await run('keyward audit verify');

  title('7. Nothing readable is on disk: no value, no name, in no encoding.');
  const after = searchFolders(storeFolders, texts);
  say(`searched ${after.files} files (${after.bytes} bytes) in the data, config and state folders`);
  say(`for ${values.size} values and ${texts.length - values.size} names as text, base64, hex, percent and UTF-16`);
  say(`found ${after.found.length}`);
  expect(after.files > 3 && after.found.length === 0, 'something readable is on disk');
}

/** A copy of the sample with a `.env` of values that look real and were made just now. Answers them by name. */
function prepareProject() {
  cpSync(sample, project, { recursive: true });
  for (const folder of storeFolders) mkdirSync(folder, { mode: 0o700 });
  mkdirSync(join(project, 'node_modules'));
  symlinkSync(root, join(project, 'node_modules/keyward'));
  mkdirSync(join(home, 'bin'));
  symlinkSync(join(root, 'dist/cli/main.js'), join(home, 'bin/keyward'));
  const example = readFileSync(join(project, '.env.example'), 'utf8');
  const values = new Map([...example.matchAll(/^([A-Z_]+)=/gm)].map(([, name]) => [name, madeUpValue(name)]));
  const env = [...values].map(([name, value]) => `${name}=${value}\n`).join('');
  writeFileSync(join(project, '.env'), env, { mode: 0o600 });
  return values;
}

function madeUpValue(name) {
  const random = randomBytes(24).toString('hex');
  if (name.endsWith('_URL'))
    return `${name === 'DATABASE_URL' ? 'postgresql' : 'https'}://bot:${random}@db.example.com/bot`;
  if (name.endsWith('_DSN')) return `https://${random}@sentry.example.com/1`;
  if (name.endsWith('_ID')) return String(randomInt(1e11, 1e12));
  return random;
}

/** Runs the line in a shell, as printed. @throws when it ends with another status than expected. */
async function run(line, { capture = false, status = 0 } = {}) {
  console.log(`\n${paint('cyan', '$')} ${paint('bold', line)}`);
  const { XDG_RUNTIME_DIR, KEYWARD_CONFIG, KEYWARD_ENV, KEYWARD_KEY_FILE, NODE_ENV, ...env } = process.env;
  const [XDG_DATA_HOME, XDG_CONFIG_HOME, XDG_STATE_HOME] = storeFolders;
  const PATH = [join(home, 'bin'), process.env.PATH].join(delimiter);
  child = spawn('sh', ['-c', line], {
    cwd: project,
    detached: true,
    env: { ...env, HOME: home, XDG_DATA_HOME, XDG_CONFIG_HOME, XDG_STATE_HOME, PATH },
    stdio: ['ignore', capture ? 'pipe' : 'inherit', 'inherit'],
  });
  let text = '';
  child.stdout?.on('data', (chunk) => {
    text += chunk;
    process.stdout.write(chunk);
  });
  const ended = await new Promise((resolve) => child.on('close', (code, signal) => resolve(code ?? signal)));
  expect(!interrupted && ended === status, `"${line}" ended with ${ended}`);
  return text;
}

function expect(condition, problem) {
  if (!condition) throw new Error(problem);
}

function signatureIn(text) {
  return /signature begins (\w+)/.exec(text)?.[1];
}

function title(text) {
  console.log(`\n${paint('green', text)}`);
}

function say(text) {
  console.log(paint('dim', text));
}

function buildIfOlderThanSources() {
  const built = ['dist/index.js', 'dist/cli/main.js'].map((file) => join(root, file));
  const builtAt = Math.min(...built.map((file) => (existsSync(file) ? statSync(file).mtimeMs : 0)));
  const sources = readdirSync(join(root, 'src'), { recursive: true })
    .filter((file) => file.endsWith('.ts') && !file.endsWith('.test.ts'))
    .map((file) => join('src', file));
  if (['package.json', ...sources].every((file) => statSync(join(root, file)).mtimeMs <= builtAt)) return;
  const build = spawnSync(process.execPath, [join(root, 'build/build.mjs')], { encoding: 'utf8' });
  if (build.status === 0) return;
  console.error(`the build failed:\n${build.stdout}${build.stderr}`);
  process.exit(1);
}
