import { appendFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseDotenv } from '../../formats/dotenv.js';
import { formatSystemdUnit } from '../../formats/format-systemd.js';
import { fileError } from '../../host/file-error.js';
import { writeOwnedFile } from '../../host/owned-file.js';
import { exportFolder, manifestName } from '../../lifecycle/transfer/export-folder.js';
import { exportText, type TextFormat } from '../../lifecycle/transfer/export-text.js';
import { type Exported, exportedFiles } from '../../lifecycle/transfer/exported.js';
import type { Invocation } from '../command.js';
import { assertSafePlace } from './assert-safe-place.js';
import type { ExportPlan } from './export-plan.js';

/** As one text, to standard output or the file of the plan. @throws KeywardError as `exportText`, `writeOwnedFile` */
export async function writeText(
  invocation: Invocation,
  { out, force }: ExportPlan,
  format: TextFormat,
  exported: Exported,
): Promise<void> {
  const { output } = invocation;
  const { text, log = '' } = exportText(format, exported);
  const values = countOf(exported);
  if (format === 'dotenv') warnOfDoubts(invocation, text);
  if (out === undefined) {
    if (output.json) output.document({ format, values, text });
    else await output.bytes(Buffer.from(text));
    return;
  }
  if (!force) await assertSafePlace(out, [out]);
  if (format === 'github') {
    // Hidden first. The file of the job is there already, and others add to it.
    await output.bytes(Buffer.from(log));
    await appendFile(out, text, { mode: 0o600 }).catch((error: unknown) => {
      throw fileError(error, 'write', out);
    });
  } else {
    const otherwise = 'Name another file, or replace this one with --force.';
    await writeOwnedFile(out, Buffer.from(text), { exclusive: !force, otherwise });
  }
  if (output.json) output.document({ format, values, file: out });
  output.note(`wrote ${values} values to ${out}`);
}

/** One file for each value. @throws KeywardError as `exportFolder` */
export async function writeFolder(
  { output }: Invocation,
  { force }: ExportPlan,
  folder: string,
  exported: Exported,
): Promise<void> {
  const { written, removed } = await exportTo(folder, exportedFiles(exported), force);
  if (output.json) output.document({ format: 'dir', values: written, folder, removed });
  output.note(`wrote ${written} files to ${folder}`);
  if (removed.length > 0) output.note(`removed what is no longer exported: ${removed.join(', ')}`);
}

/** Credentials as files, and what the unit of the service has to say, on standard output. @throws as `writeFolder` */
export async function writeCredentials(
  { output }: Invocation,
  { force }: ExportPlan,
  folder: string,
  values: Exclude<Exported, readonly unknown[]>,
): Promise<void> {
  const files = new Map([...values].map(([name, secret]) => [name, secret.exposeBytes()] as const));
  const unit = formatSystemdUnit(folder, files);
  const { written, removed } = await exportTo(folder, files, force);
  if (output.json) output.document({ format: 'systemd', values: written, folder, removed, unit });
  else await output.bytes(Buffer.from(unit));
  output.note(`wrote ${written} credentials to ${folder}; put the lines above into the unit of the service`);
}

async function exportTo(folder: string, files: ReadonlyMap<string, Uint8Array>, force: boolean) {
  const paths = [...files.keys(), manifestName].map((name) => join(folder, name));
  if (!force) await assertSafePlace(folder, paths);
  return exportFolder(folder, files, { force });
}

function countOf(exported: Exported): number {
  return 'size' in exported ? exported.size : exported.length;
}

/** What our own parser and others read differently, found by reading the text as it was written. */
function warnOfDoubts({ output }: Invocation, text: string): void {
  const { entries, problems } = parseDotenv(text);
  for (const { line, problem } of problems) {
    const name = entries.findLast((entry) => entry.line <= line)?.name ?? 'the text';
    output.finding({
      severity: 'warning',
      where: name,
      cause: problem,
      fix: 'Check how the program that is to read it takes this, or use another format.',
    });
  }
}
