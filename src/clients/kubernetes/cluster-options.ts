import type { TlsMaterial } from '../http/http-client.js';
import type { ServerAddress } from '../http/origin.js';

export interface ClusterOptions {
  /** Name of the store, for messages. */
  readonly store: string;
  /** Of the kubeconfig; its current one when absent. */
  readonly context?: string | undefined;
  /** That of the context or the pod when absent. */
  readonly namespace?: string | undefined;
  /** Absolute; the files of `KUBECONFIG` or `~/.kube/config` when absent. */
  readonly kubeconfig?: string | undefined;
  /** The project's folder, in which no kubeconfig of the configuration may lie. */
  readonly project: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly home: string;
  /** Where a pod finds its service account. */
  readonly serviceAccount?: string | undefined;
}

/** What a request shows of who asks. */
export interface Credentials {
  readonly tls: TlsMaterial;
  readonly headers: Readonly<Record<string, string>>;
}

/** Where the API server is, and how one signs in there. */
export interface ClusterAccess {
  readonly address: ServerAddress;
  readonly namespace: string | undefined;
  /** As they are now: files are read again, programs are asked again. @throws KeywardError */
  credentials(): Promise<Credentials>;
}
