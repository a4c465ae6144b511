/**
 * Which project folder has which prefix of the user's store: `bot/{env}` → `/home/me/bot`. Sealed files are among them
 * by their id, as `sealed:<id>`, which no prefix is.
 */
export type PrefixClaims = Readonly<Record<string, string>>;

/** The segments of a prefix that are the same in every environment. */
function fixedSegments(prefix: string): readonly string[] {
  const segments = prefix.split('/');
  const end = segments.findIndex((segment) => segment.includes('{env}'));
  return end < 0 ? segments : segments.slice(0, end);
}

/** The directory that holds a prefix in every environment; `''` when only the whole store does. */
export function fixedPart(prefix: string): string {
  return fixedSegments(prefix).join('/');
}

const begins = (whole: readonly string[], part: readonly string[]) => part.every((segment, i) => whole[i] === segment);

/** Whether the folder was given this prefix, or one that it lies below. The whole store is never given. */
export function isClaimedBy(claims: PrefixClaims, prefix: string, folder: string): boolean {
  const wanted = fixedSegments(prefix);
  return Object.entries(claims).some(([claimed, owner]) => {
    const given = fixedSegments(claimed);
    return owner === folder && given.length > 0 && begins(wanted, given);
  });
}

/** Another folder whose prefix is, contains or lies below this one. */
export function otherOwner(claims: PrefixClaims, prefix: string, folder: string): string | undefined {
  const wanted = fixedSegments(prefix);
  const clash = Object.entries(claims).find(([claimed, owner]) => {
    const given = fixedSegments(claimed);
    return owner !== folder && (begins(wanted, given) || begins(given, wanted));
  });
  return clash?.[1];
}
