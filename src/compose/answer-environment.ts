import { writeFileSync } from 'node:fs';
import { orEnd } from './enter-program.js';
import { programEnvironment } from './program-environment.js';

// The program that `-r keyward/auto` waits for: the change of the environment goes through an inherited pipe.
const pipe = 3;
void orEnd(async () => {
  const change = await programEnvironment(process.env, process.cwd(), process.ppid);
  writeFileSync(pipe, JSON.stringify(change));
});
