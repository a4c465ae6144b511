import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { crc32c } from '../../../src/providers/gcp/crc32c.js';

type Json = Readonly<Record<string, unknown>>;

interface Answer {
  readonly status: number;
  readonly body: Json;
}

/** What the emulator does not keep of a secret. */
interface Kept {
  annotations: unknown;
  versionAliases: unknown;
  etag: string;
}

interface Asked {
  readonly method: string;
  /** `/v1/…` as the emulator knows it, where a region is part of the project's name. */
  readonly path: string;
  readonly query: URLSearchParams;
  readonly body: Json;
  /** Of the secret; empty for the collection. */
  readonly secret: string;
  readonly isVersion: boolean;
  readonly version: string;
  readonly verb: string;
}

const place =
  /^\/v1\/projects\/([^/]+)(?:\/locations\/([^/]+))?\/secrets(?:\/([^/:]+))?(\/versions)?(?:\/([^/:]+))?(?::(\w+))?$/;
const states = ['STATE_UNSPECIFIED', 'ENABLED', 'DISABLED', 'DESTROYED'];
const maxPage = 400;

/**
 * The face of the real service in front of an emulator: adds what that lacks (annotations, aliases, etags, masks, pages,
 * checksums, limits, regions, numbers of projects) and puts right what it gets wrong (`latest`, the order of lists, states of
 * versions), each as the recordings and the documentation of the service have it.
 */
export class GcpFront {
  readonly #target: string;
  readonly #server: Server;
  readonly #kept = new Map<string, Kept>();
  #changes = 0;
  address = '';
  /** Answers a wrong checksum to every access. */
  isDamaging = false;
  /** Happens once, before the next request is looked at. */
  before: (() => Promise<unknown>) | undefined;

  private constructor(target: string) {
    this.#target = target;
    this.#server = createServer((incoming, outgoing) => {
      this.#handle(incoming, outgoing).catch(() => incoming.socket.destroy());
    });
  }

  static async start(target: string): Promise<GcpFront> {
    const front = new GcpFront(target);
    await new Promise<void>((resolve) => front.#server.listen(0, '127.0.0.1', resolve));
    const bound = front.#server.address();
    if (bound === null || typeof bound === 'string') throw new Error('the front does not listen');
    front.address = `http://127.0.0.1:${bound.port}`;
    return front;
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  async #handle(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
    const { before } = this;
    this.before = undefined;
    await before?.();
    const url = new URL(incoming.url ?? '/', this.address);
    const [, project, location, secret = '', versions, version = '', verb = ''] = place.exec(url.pathname) ?? [];
    const chunks: Buffer[] = [];
    for await (const chunk of incoming) chunks.push(Buffer.from(chunk));
    const text = Buffer.concat(chunks).toString();
    const inner = location === undefined ? project : `${project}-at-${location}`;
    const asked: Asked = {
      method: incoming.method ?? 'GET',
      path: `/v1/projects/${inner}/secrets${secret && `/${secret}`}${versions ?? ''}${version && `/${version}`}${verb && `:${verb}`}`,
      query: url.searchParams,
      body: text === '' ? {} : JSON.parse(text),
      secret: secret && `projects/${inner}/secrets/${secret}`,
      isVersion: versions !== undefined,
      version,
      verb,
    };
    const answer = project === undefined ? refused(404, 'NOT_FOUND') : await this.#answer(asked);
    const isNumeric = url.searchParams.get('$alt')?.includes('enum-encoding=int') === true;
    const body = JSON.stringify(answer.body, (key, value) =>
      key === 'state' && isNumeric ? states.indexOf(value) : key === 'name' ? outside(String(value), location) : value,
    );
    outgoing.writeHead(answer.status, { 'content-type': 'application/json; charset=UTF-8' }).end(body);
  }

  #answer(asked: Asked): Promise<Answer> | Answer {
    const { method, secret, isVersion, verb } = asked;
    if (verb === 'addVersion') return this.#add(asked);
    if (isVersion) return asked.version === '' ? this.#page(asked, 'versions') : this.#version(asked);
    if (secret === '') return method === 'POST' ? this.#create(asked) : this.#page(asked, 'secrets');
    if (method === 'PATCH') return this.#patch(asked);
    if (method === 'DELETE') this.#kept.delete(secret);
    return this.#pass(asked);
  }

  async #create(asked: Asked): Promise<Answer> {
    const id = asked.query.get('secretId') ?? '';
    if (!/^[A-Za-z0-9_-]{1,255}$/.test(id)) return refused(400, 'INVALID_ARGUMENT');
    const body = { replication: { automatic: {} }, labels: asked.body['labels'] };
    const answer = await this.#pass({ ...asked, body });
    if (answer.status !== 200) return answer;
    this.#keep(String(answer.body['name']), asked.body);
    return { ...answer, body: this.#whole(answer.body) };
  }

  async #patch(asked: Asked): Promise<Answer> {
    const before = await this.#pass({ ...asked, method: 'GET' });
    const kept = this.#kept.get(asked.secret);
    if (before.status !== 200 || kept === undefined) return before;
    const { etag } = asked.body;
    if (typeof etag === 'string' && etag !== '' && etag !== kept.etag) return refused(400, 'FAILED_PRECONDITION');
    const mask = (asked.query.get('updateMask') ?? '').split(',');
    this.#keep(asked.secret, {
      annotations: mask.includes('annotations') ? asked.body['annotations'] : kept.annotations,
      versionAliases: mask.includes('versionAliases') ? asked.body['versionAliases'] : kept.versionAliases,
    });
    return { status: 200, body: this.#whole(before.body) };
  }

  async #add(asked: Asked): Promise<Answer> {
    const payload = Object(asked.body['payload']);
    const data = Buffer.from(String(payload.data ?? ''), 'base64');
    const isIntact = payload.dataCrc32c === undefined || Number(payload.dataCrc32c) === crc32c(data);
    if (data.length > 65_536 || !isIntact) return refused(400, 'INVALID_ARGUMENT');
    return this.#pass(asked);
  }

  async #version(asked: Asked): Promise<Answer> {
    const number = asked.version === 'latest' ? await this.#newest(asked) : asked.version;
    if (!/^[0-9]+$/.test(number)) return refused(404, 'NOT_FOUND');
    const path = `/v1/${asked.secret}/versions/${number}`;
    const found = await this.#pass({ ...asked, method: 'GET', path });
    if (found.status !== 200 || asked.verb === '') return found;
    const state = found.body['state'];
    if (asked.verb === 'access' ? state !== 'ENABLED' : state === 'DESTROYED')
      return refused(400, 'FAILED_PRECONDITION');
    const answer = await this.#pass({ ...asked, path: `${path}:${asked.verb}` });
    if (asked.verb !== 'access' || answer.status !== 200) return answer;
    const { data = '' } = Object(answer.body['payload']);
    const checksum = crc32c(Buffer.from(String(data), 'base64')) ^ (this.isDamaging ? 1 : 0);
    return { status: 200, body: { ...answer.body, payload: { data, dataCrc32c: String(checksum >>> 0) } } };
  }

  async #newest(asked: Asked): Promise<string> {
    const path = `/v1/${asked.secret}/versions`;
    const { body } = await this.#pass({ ...asked, method: 'GET', path });
    return String(Math.max(0, ...namesIn(body['versions']).map((name) => Number(name.split('/').at(-1)))) || 'none');
  }

  /** Newest first, an empty page before all others, and shorter ones than were asked for. */
  async #page(asked: Asked, field: 'secrets' | 'versions'): Promise<Answer> {
    const answer = await this.#pass(asked);
    if (answer.status !== 200) return answer;
    const all = [...listIn(answer.body[field])].reverse().map((entry) => this.#whole(entry));
    const token = asked.query.get('pageToken') ?? '';
    const start = token === '' ? 0 : Number(token);
    const size = token === '' ? 0 : Math.min(maxPage, Number(asked.query.get('pageSize')) || maxPage);
    const next = start + size < all.length ? { nextPageToken: `0${start + size}` } : {};
    const page = all.slice(start, start + size);
    return { status: 200, body: { ...(page.length > 0 && { [field]: page }), ...next, totalSize: all.length } };
  }

  #keep(name: string, { annotations, versionAliases }: Json): void {
    this.#changes += 1;
    this.#kept.set(name, { annotations, versionAliases, etag: `"${this.#changes.toString(16)}"` });
  }

  #whole(entry: Json): Json {
    return { ...entry, ...this.#kept.get(String(entry['name'])) };
  }

  async #pass({ method, path, query, body }: Asked): Promise<Answer> {
    const response = await fetch(
      `${this.#target}${path}?${new URLSearchParams({ secretId: query.get('secretId') ?? '' })}`,
      {
        method,
        headers: { 'content-type': 'application/json' },
        ...((method === 'POST' || method === 'PATCH') && { body: JSON.stringify(body) }),
      },
    );
    const answer: Json = JSON.parse(await response.text());
    return { status: response.status, body: path.includes('/versions') ? answer : this.#whole(answer) };
  }
}

export function refused(code: number, status: string): Answer {
  return { status: code, body: { error: { code, message: 'refused', status } } };
}

function listIn(value: unknown): readonly Json[] {
  return Array.isArray(value) ? value : [];
}

const namesIn = (value: unknown) => listIn(value).map((entry) => String(entry['name']));

/** The name as the service has it: with the number of the project, and the region apart. */
function outside(name: string, location: string | undefined): string {
  return name.replace(
    /^projects\/[^/]+/,
    `projects/123456789012${location === undefined ? '' : `/locations/${location}`}`,
  );
}
