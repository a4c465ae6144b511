/** Gets tokens of Azure: any `TokenCredential` of the official packages is one. */
export interface TokenIdentity {
  getToken(
    scopes: string | string[],
    options?: object,
  ): Promise<{ readonly token: string; readonly expiresOnTimestamp: number } | null>;
}

/** Signs requests to AWS: any `AwsCredentialIdentity` of the official packages is one. */
export interface KeyIdentity {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
  /** From when it is asked for again, where it is one that can be asked. */
  readonly expiration?: Date;
}

/** Who signs in at a store, where a program says it and not the environment. */
export type Identity = TokenIdentity | KeyIdentity | (() => Promise<KeyIdentity>);

export function isTokenIdentity(identity: Identity): identity is TokenIdentity {
  return 'getToken' in identity;
}
