import type { VersionState } from '../../core/version.js';

/** The parts of the messages of google.cloud.secretmanager.v1 that are used, as the official client decodes them. */
export interface SecretMessage {
  readonly name: string;
  readonly etag: string;
  readonly annotations: Readonly<Record<string, string>>;
  readonly versionAliases: Readonly<Record<string, string>>;
  readonly createTime: Timestamp | null;
}

export interface VersionMessage {
  readonly name: string;
  readonly state: string;
  readonly etag: string;
  readonly createTime: Timestamp | null;
}

interface Timestamp {
  readonly seconds: string;
  readonly nanos: number;
}

interface Page {
  readonly parent: string;
  readonly pageSize: number;
  readonly pageToken: string;
}

interface Named {
  readonly name: string;
}

interface Changed extends Named {
  readonly etag: string;
}

/** What is asked and answered, by method. */
export interface GcpCalls {
  readonly accessSecretVersion: {
    readonly request: Named;
    readonly answer: {
      readonly name: string;
      readonly payload: { readonly data: Uint8Array; readonly dataCrc32c?: string | null } | null;
    };
  };
  readonly getSecret: { readonly request: Named; readonly answer: SecretMessage };
  readonly getSecretVersion: { readonly request: Named; readonly answer: VersionMessage };
  readonly listSecrets: {
    readonly request: Page;
    readonly answer: { readonly secrets: readonly SecretMessage[]; readonly nextPageToken: string };
  };
  readonly listSecretVersions: {
    readonly request: Page;
    readonly answer: { readonly versions: readonly VersionMessage[]; readonly nextPageToken: string };
  };
  readonly createSecret: {
    readonly request: {
      readonly parent: string;
      readonly secretId: string;
      readonly secret: {
        readonly replication?: { readonly automatic: Readonly<Record<string, never>> };
        readonly annotations: Readonly<Record<string, string>>;
      };
    };
    readonly answer: SecretMessage;
  };
  readonly updateSecret: {
    readonly request: {
      readonly secret: Changed & { readonly annotations: Readonly<Record<string, string>> };
      readonly updateMask: { readonly paths: readonly string[] };
    };
    readonly answer: SecretMessage;
  };
  readonly addSecretVersion: {
    readonly request: {
      readonly parent: string;
      readonly payload: { readonly data: Uint8Array; readonly dataCrc32c: number };
    };
    readonly answer: VersionMessage;
  };
  readonly enableSecretVersion: { readonly request: Changed; readonly answer: VersionMessage };
  readonly disableSecretVersion: { readonly request: Changed; readonly answer: VersionMessage };
  readonly destroySecretVersion: { readonly request: Changed; readonly answer: VersionMessage };
  readonly deleteSecret: { readonly request: Named; readonly answer: object };
  readonly testIamPermissions: {
    readonly request: { readonly resource: string; readonly permissions: readonly string[] };
    readonly answer: { readonly permissions: readonly string[] };
  };
}

export type GcpMethod = keyof GcpCalls;

const states: ReadonlyMap<string, VersionState> = new Map([
  ['ENABLED', 'live'],
  ['DISABLED', 'deleted'],
  ['DESTROYED', 'destroyed'],
]);

export const stateOf = (version: VersionMessage): VersionState | undefined => states.get(version.state);

/** The version's number, which is the end of its name; `undefined` for a name of another form or of another secret. */
export function numberOfVersion(name: string, secret: string): number | undefined {
  const [, id, number] =
    /^projects\/[^/]+\/(?:locations\/[^/]+\/)?secrets\/([^/]+)\/versions\/([1-9][0-9]{0,14})$/.exec(name) ?? [];
  return id === secret ? Number(number) : undefined;
}

export function dateOf(time: Timestamp | null): Date | undefined {
  return time === null ? undefined : new Date(Number(time.seconds) * 1000 + Math.floor(time.nanos / 1e6));
}
