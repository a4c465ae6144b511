import { spawnSync } from 'node:child_process';

const script = `
  const { openSync, readSync, writeSync } = require('node:fs');
  const file = openSync(process.argv[1], 'r+');
  const number = Buffer.alloc(8);
  readSync(file, number, 0, 8, 8);
  number.writeBigUInt64LE(number.readBigUInt64LE() - BigInt(process.argv[2]));
  writeSync(file, number, 0, 8, 8);
`;

/**
 * Leads all processes that have an LMDB file open back by some transactions, as an opening does that meets commits
 * (docs/decisions/0014). In a process of its own: closing the lock file here would drop this one's locks.
 */
export function setBackSharedNumber(lockFile: string, transactions = 1): void {
  const child = spawnSync(process.execPath, ['-e', script, lockFile, String(transactions)], { encoding: 'utf8' });
  if (child.status !== 0) throw new Error(child.stderr);
}
