import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

/** What is used of the packages that the official client brings along. */
interface Grpc {
  readonly Server: new () => GrpcServer;
  readonly ServerCredentials: {
    createSsl(roots: null, pairs: readonly { readonly cert_chain: Buffer; readonly private_key: Buffer }[]): object;
  };
}
interface GrpcServer {
  addService(definition: object, handlers: Readonly<Record<string, Handler>>): void;
  bindAsync(address: string, credentials: object, bound: (error: Error | null, port: number) => void): void;
  forceShutdown(): void;
}
type Handler = (call: GrpcCall, answer: (error: GrpcFailure | null, message?: object) => void) => void;
interface GrpcCall {
  readonly request: object;
  readonly metadata: { get(name: string): readonly (string | Buffer)[] };
}
interface GrpcFailure {
  readonly code: number;
  readonly details?: string;
}
interface Method {
  readonly resolve: () => unknown;
}
interface Rest {
  encodeRequest(
    method: Method,
    protocol: string,
    host: string,
    port: number,
    request: object,
    enums: boolean,
  ): HttpRequest;
  decodeResponse(method: Method, ok: boolean, body: ArrayBuffer): object;
}
interface HttpRequest {
  readonly url: string;
  readonly method: string;
  readonly headers: Record<string, string>;
  readonly body: string;
}

const service = 'google.cloud.secretmanager.v1.SecretManagerService';
const fromClient = createRequire(createRequire(import.meta.url).resolve('@google-cloud/secret-manager'));
const codes = ['OK', 'CANCELLED', 'UNKNOWN', 'INVALID_ARGUMENT', 'DEADLINE_EXCEEDED', 'NOT_FOUND', 'ALREADY_EXISTS'];
codes.push('PERMISSION_DENIED', 'RESOURCE_EXHAUSTED', 'FAILED_PRECONDITION', 'ABORTED');

/** What every call is answered with instead, or `silence`. */
export type BridgeFault = GrpcFailure | 'silence' | undefined;

/** Speaks gRPC over TLS to clients, by the official protocol files, and HTTP by their annotations to the server behind. */
export class GcpBridge {
  readonly #server: GrpcServer;
  readonly address: string;
  /** PEM file of its certificate, which is its own authority. */
  readonly certificate: string;
  fault: BridgeFault;
  /** The credentials of the calls so far. */
  readonly tokens = new Set<string>();
  #hear: () => void = () => {};

  private constructor(server: GrpcServer, port: number, certificate: string) {
    this.#server = server;
    this.address = `https://localhost:${port}`;
    this.certificate = certificate;
  }

  /** @param folder Where it may keep its key. */
  static async start(target: string, folder: string): Promise<GcpBridge> {
    const {
      grpc,
      GrpcClient,
      fallback,
    }: { grpc: Grpc; GrpcClient: new () => Loader; fallback: { GrpcClient: new () => Loader } } =
      fromClient('google-gax');
    const rest: Rest = fromClient(join(dirname(fromClient.resolve('google-gax')), 'fallbackRest.js'));
    const protocol: object = fromClient('../protos/protos.json');
    const methods = new fallback.GrpcClient().loadProtoJSON(protocol).lookupService(service);
    methods.resolveAll();
    const { hostname, port } = new URL(target);
    const server = new grpc.Server();
    const handlers: Record<string, Handler> = {};
    const bridges: GcpBridge[] = [];
    for (const [name, method] of Object.entries(methods.methods)) {
      handlers[name] = ({ request, metadata }, answer) => {
        const [bridge] = bridges;
        for (const token of metadata.get('authorization')) bridge?.tokens.add(String(token));
        if (bridge?.fault === 'silence') return bridge.#hear();
        if (bridge?.fault !== undefined) return answer(bridge.fault);
        const { url, ...asked } = rest.encodeRequest(method, 'http', hostname, Number(port), request, true);
        fetch(url, asked.method === 'GET' || asked.method === 'DELETE' ? { method: asked.method } : asked)
          .then(async (response) => {
            const body = await response.arrayBuffer();
            if (response.ok) return answer(null, rest.decodeResponse(method, true, body));
            const { error } = JSON.parse(Buffer.from(body).toString());
            answer({ code: codes.indexOf(error.status), details: error.message });
          })
          .catch(() => answer({ code: 14 }));
      };
    }
    const definition = new GrpcClient().loadProtoJSON(protocol);
    server.addService(definition.google.cloud.secretmanager.v1.SecretManagerService.service, handlers);
    const certificate = join(folder, 'bridge.pem');
    const key = join(folder, 'bridge.key');
    const subject = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost', '-days', '2', '-nodes'];
    const curve = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1'];
    execFileSync('openssl', ['req', '-x509', ...curve, ...subject, '-keyout', key, '-out', certificate], {
      stdio: 'pipe',
    });
    const pair = { cert_chain: readFileSync(certificate), private_key: readFileSync(key) };
    const bound = await new Promise<number>((resolve, reject) => {
      server.bindAsync('127.0.0.1:0', grpc.ServerCredentials.createSsl(null, [pair]), (error, at) =>
        error === null ? resolve(at) : reject(error),
      );
    });
    const bridge = new GcpBridge(server, bound, certificate);
    bridges.push(bridge);
    return bridge;
  }

  /** Resolves when the next call has come that is not answered. */
  silenced(): Promise<void> {
    return new Promise((resolve) => {
      this.#hear = resolve;
    });
  }

  stop(): void {
    this.#server.forceShutdown();
  }
}

interface Loader {
  loadProtoJSON(protocol: object): {
    readonly google: { cloud: { secretmanager: { v1: { SecretManagerService: { service: object } } } } };
    lookupService(name: string): { readonly methods: Readonly<Record<string, Method>>; resolveAll(): void };
  };
}
