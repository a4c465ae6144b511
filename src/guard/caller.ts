/** Who asks. */
export interface Caller {
  /** `owner` for whoever unlocked a slot on this machine; later the name of an identity. */
  readonly principal: string;
  /** Policies that apply, by name. */
  readonly policies: readonly string[];
  /** Where the request comes from: `local:<pid>`, an address. For the audit log. */
  readonly source: string;
}

export const ownerPolicyName = 'owner';

export function localOwner(processId: number): Caller {
  return { principal: 'owner', policies: [ownerPolicyName], source: `local:${processId}` };
}
