import { readdirSync, readFileSync } from 'node:fs';
import type { KeywardError } from '../core/errors.js';
import type { Finding } from '../core/finding.js';
import type { AuditEntry, AuditLog } from '../guard/audit/audit-log.js';
import { type LogDisk, systemDisk } from '../guard/audit/log-disk.js';
import { type AuditLogOptions, openAuditLog } from '../guard/audit/open-audit-log.js';
import { MemorySequencer } from '../store/physical/memory/memory-sequencer.js';
import { FakeClock } from './fake-clock.js';
import { type TemporaryFolder, temporaryFolder } from './temporary-folder.js';

/** A disk that does what the system's does, until told to fail. */
export class FaultyDisk implements LogDisk {
  failWrite: ((bytes: Uint8Array) => void) | undefined;
  failSync: (() => Promise<void>) | undefined;
  /** Bytes that one write takes at most. */
  maxWrite = Number.POSITIVE_INFINITY;
  syncs = 0;
  writes = 0;

  write(descriptor: number, bytes: Uint8Array, position: number): number {
    this.failWrite?.(bytes);
    this.writes += 1;
    return systemDisk.write(descriptor, bytes.subarray(0, this.maxWrite), position);
  }

  truncate(descriptor: number, length: number): void {
    systemDisk.truncate(descriptor, length);
  }

  async sync(descriptor: number): Promise<void> {
    await this.failSync?.();
    this.syncs += 1;
    await systemDisk.sync(descriptor);
  }

  syncNow(descriptor: number): void {
    systemDisk.syncNow(descriptor);
  }
}

export function systemError(code: string): Error {
  return Object.assign(new Error(code), { code });
}

/** The parts that an audit log needs, in a folder of its own, and everything that it said. */
export class AuditFixture {
  readonly clock = new FakeClock();
  readonly sequencer = new MemorySequencer(this.clock);
  readonly disk = new FaultyDisk();
  readonly sealKeys: readonly Uint8Array[] = [Uint8Array.from({ length: 32 }, (_, index) => index)];
  readonly findings: Finding[] = [];
  readonly sealed: KeywardError[] = [];
  readonly temporary: TemporaryFolder = temporaryFolder();
  readonly folder = this.temporary.path('audit');
  readonly #logs: AuditLog[] = [];

  async open(overrides: Partial<AuditLogOptions> = {}): Promise<AuditLog> {
    const log = await openAuditLog({
      folder: this.folder,
      storeId: 'store-1',
      sealKeys: this.sealKeys,
      sequencer: this.sequencer,
      clock: this.clock,
      observer: { finding: (finding) => void this.findings.push(finding), access() {} },
      onSealed: (reason) => void this.sealed.push(reason),
      disk: this.disk,
      process: { pid: 1, startedAt: 'boot:1' },
      isRunning: ({ pid }) => pid === 1,
      ...overrides,
    });
    this.#logs.push(log);
    return log;
  }

  file(name: string): Uint8Array {
    return Uint8Array.from(readFileSync(`${this.folder}/${name}`));
  }

  /** The lines of a volume, without their ends. */
  lines(volume = '000001'): readonly string[] {
    return new TextDecoder()
      .decode(this.file(`${volume}.log`))
      .split('\n')
      .slice(0, -1);
  }

  everyByte(): string {
    return readdirSync(this.folder)
      .map((name) => readFileSync(`${this.folder}/${name}`, 'latin1'))
      .join('\n');
  }

  async dispose(): Promise<void> {
    this.disk.failSync = undefined;
    this.disk.failWrite = undefined;
    for (const log of this.#logs) await log.close().catch(() => {});
    this.temporary.remove();
  }
}

/** An entry about an access to the path. */
export function accessEntry(path: string, more: Partial<AuditEntry> = {}): AuditEntry {
  return {
    kind: 'access',
    actor: 'owner',
    source: 'local:1',
    operation: 'secrets.read',
    path,
    decision: { allowed: true, rule: '* (owner)' },
    outcome: 'ok',
    details: {},
    ...more,
  };
}
