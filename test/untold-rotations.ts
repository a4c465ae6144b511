import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { type CommandedSecret, type Fields, RotatedByCommand } from './rotated-by-command.js';
import { type Canary, leaksIn, type Sinks } from './system/canaries.js';

export interface UntoldRotation extends CommandedSecret {
  /** Somebody whom the target refuses to change the login. */
  readonly stranger: Fields;
  /** Where the target may have noted what it was sent. */
  readonly noted: () => Promise<Readonly<Record<string, string | Uint8Array>>>;
  /** Text that stands in what it noted, so that it did note something. */
  readonly saying: string;
}

/** Looks for the values that rotations make in what the target notes, what Keyward prints and what its folders hold. */
export function testUntoldRotations(target: string, make: () => Promise<UntoldRotation>): void {
  test(`${target} notes no value of a rotation, and neither does Keyward, whatever the target answers`, async () => {
    const { stranger, noted, saying, ...secret } = await make();
    const rotated = new RotatedByCommand({ ...secret, administrator: stranger });
    const canaries = new Map<string, Canary>();
    const printed: string[] = [];
    const look = async () => {
      const { current, values } = await rotated.standing();
      for (const [name, value] of [current, ...values].flatMap((credential) => [...credential])) {
        const isSecret = !['username', 'access_key_id'].includes(name) && value.expose() !== secret.fields[name];
        if (isSecret) canaries.set(value.expose(), { name, bytes: Buffer.from(value.exposeBytes()) });
      }
    };
    const rotate = async (...intent: readonly string[]) => {
      printed.push(await rotated.finish(intent));
      await look();
    };
    const refused = await rotated.finish([]).catch((error: unknown) => error);
    expect(refused).toBeInstanceOf(Error);
    printed.push(String(refused));
    await look();
    rotated.store('app/administrator', secret.administrator ?? {});
    await rotate(...((await rotated.standing()).values.length === 0 ? [] : ['--resume']));
    await rotate('--rollback');
    rotated.advance();
    await rotate('--resume');
    await rotate();
    rotated.advance();
    await rotate('--resume');

    const entries = Object.entries(await noted()).map(([name, given]) => [name, Buffer.from(given)] as const);
    expect(entries.some(([, bytes]) => bytes.includes(saying))).toBe(true);
    const files = readdirSync(rotated.home.root, { recursive: true, withFileTypes: true }).filter((entry) =>
      entry.isFile(),
    );
    const kept = files.map(({ parentPath, name }) => [name, readFileSync(join(parentPath, name))] as const);
    const sinks: Sinks = new Map([...entries, ...kept, ['printed', Buffer.from(printed.join('\n'))]]);
    expect(canaries.size).toBeGreaterThanOrEqual(2);
    expect(leaksIn(sinks, [...canaries.values()])).toEqual([]);
    rotated.home.remove();
  });
}
