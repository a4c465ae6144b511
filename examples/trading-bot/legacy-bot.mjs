// A trading bot that has never heard of Keyward: everything it needs is in its environment.
import { readFileSync } from 'node:fs';

const example = readFileSync(new URL('.env.example', import.meta.url), 'utf8');
const names = [...example.matchAll(/^([A-Z_]+)=/gm)].map(([, name]) => name);
const missing = names.filter((name) => !process.env[name]);

console.log(`${names.length - missing.length} of ${names.length} variables are set: ${names.slice(0, 3).join(', ')} …`);
if (missing.length > 0) {
  console.error(`missing: ${missing.join(', ')}`);
  process.exitCode = 1;
}
