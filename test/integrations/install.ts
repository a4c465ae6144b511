import { cpSync, mkdirSync, mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';
import { npm, packKeyward } from '../pack-keyward.js';

declare module 'vitest' {
  interface ProvidedContext {
    /** The folder whose `node_modules` has Keyward and the frameworks. */
    readonly installed: string;
  }
}

/** Installs the packed Keyward beside the frameworks, none of which runs a script. */
export default function setup(project: TestProject): () => void {
  const folder = mkdtempSync(join(realpathSync(tmpdir()), 'keyward-integrations-'));
  const installed = join(folder, 'installed');
  mkdirSync(installed);
  for (const name of ['package.json', 'package-lock.json'])
    cpSync(join(import.meta.dirname, name), join(installed, name));
  const options = ['--no-save', '--ignore-scripts', '--no-audit', '--no-fund', '--prefer-offline'];
  npm(['install', ...options, packKeyward(folder)], installed);
  project.provide('installed', installed);
  return () => rmSync(folder, { recursive: true, force: true });
}
