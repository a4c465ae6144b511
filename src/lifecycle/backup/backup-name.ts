/** What the name of a backup says. */
export interface NamedBackup {
  readonly name: string;
  /** The first characters of the store's id, or the name of the provider. */
  readonly of: string;
  readonly createdAt: Date;
}

const pattern = /^keyward-([A-Za-z0-9_]{1,64})-(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)(\d{3})Z\.age$/;
const idCharacters = 8;

export function backupName(of: string, createdAt: Date): string {
  return `keyward-${of}-${createdAt.toISOString().replace(/[-:.]/g, '')}.age`;
}

/** How the store is called in names of its backups. */
export const nameOfStore = (storeId: string): string => storeId.slice(0, idCharacters);

/** `undefined` for what is no name of a backup. */
export function parseBackupName(name: string): NamedBackup | undefined {
  const [, of, year, month, day, hours, minutes, seconds, ms] = pattern.exec(name) ?? [];
  if (of === undefined) return undefined;
  const createdAt = new Date(`${year}-${month}-${day}T${hours}:${minutes}:${seconds}.${ms}Z`);
  return Number.isNaN(createdAt.getTime()) || backupName(of, createdAt) !== name ? undefined : { name, of, createdAt };
}
