import { type Channel, withChannel, wrongAnswer } from '../../../../clients/socket/channel.js';
import type { ServerName } from '../../../../clients/socket/server-name.js';
import { KeywardError } from '../../../../core/errors.js';
import type { Login } from '../login-rotator.js';
import { type ScramHash, scramIterations } from '../scram.js';
import { bytesOf, KafkaReader } from './kafka-bytes.js';
import { logInByScram } from './scram-login.js';

/** As brokers name them, with their numbers in requests. */
export const scramMechanisms = {
  'SCRAM-SHA-256': { number: 1, digest: 'sha256', length: 32 },
  'SCRAM-SHA-512': { number: 2, digest: 'sha512', length: 64 },
} as const satisfies Readonly<Record<string, ScramHash & { readonly number: number }>>;
export type ScramMechanism = keyof typeof scramMechanisms;

/** A request by its number and version in the protocol. */
interface Api {
  readonly key: number;
  readonly version: number;
  /** Whether its headers have tagged fields. */
  readonly isFlexible: boolean;
}

const saslHandshake: Api = { key: 17, version: 1, isFlexible: false };
const saslAuthenticate: Api = { key: 36, version: 0, isFlexible: false };
const apiVersions: Api = { key: 18, version: 0, isFlexible: false };
const alterUserScramCredentials: Api = { key: 51, version: 0, isFlexible: true };

const maxAnswerBytes = 1024 * 1024;

/** Numbers of errors (kafka.apache.org/protocol, "Error Codes"). */
const errors = {
  clusterAuthorizationFailed: 31,
  unsupportedMechanism: 33,
  notController: 41,
  saslAuthenticationFailed: 58,
  resourceNotFound: 91,
  unacceptableCredential: 93,
};

/** A session with one broker, logged in by SCRAM. */
export class KafkaSession {
  readonly #channel: Channel;
  readonly #server: ServerName;
  #sent = 0;

  constructor(channel: Channel, server: ServerName) {
    this.#channel = channel;
    this.#server = server;
  }

  /** @throws KeywardError `unauthenticated`, or `config` for a mechanism that the broker does not offer. */
  async logIn({ username, password }: Login, mechanism: ScramMechanism): Promise<void> {
    const offered = await this.#ask(saslHandshake, bytesOf.string(mechanism));
    const error = offered.int16();
    offered.array(() => offered.string());
    offered.end();
    if (error === errors.unsupportedMechanism) throw this.#failed('config', `does not offer ${mechanism}`, error);
    this.#assertDone(error);
    const login = { username, password: password.expose(), hash: scramMechanisms[mechanism] };
    await logInByScram(login, async (message) => {
      const answer = await this.#ask(saslAuthenticate, bytesOf.bytes(Buffer.from(message)));
      this.#assertDone(answer.int16());
      answer.nullableString();
      const text = answer.bytes().toString();
      answer.end();
      return text;
    });
  }

  /**
   * Sets a user's salted password, or without one takes it away. Answers whether this broker could do it: without
   * KRaft only the controller can.
   *
   * @throws KeywardError `denied`, `invalid` where the broker takes no such credential, `config` before Kafka 2.7.
   */
  async alter(
    username: string,
    mechanism: ScramMechanism,
    salted?: { readonly salt: Uint8Array; readonly password: Uint8Array },
  ): Promise<boolean> {
    await this.#assertAlters();
    const user = Buffer.concat([bytesOf.compact(username), bytesOf.int8(scramMechanisms[mechanism].number)]);
    const deletions = salted === undefined ? [Buffer.concat([user, bytesOf.noTags])] : [];
    const upsertions =
      salted === undefined
        ? []
        : [
            Buffer.concat([
              user,
              bytesOf.int32(scramIterations),
              bytesOf.compact(salted.salt),
              bytesOf.compact(salted.password),
              bytesOf.noTags,
            ]),
          ];
    const request = [bytesOf.compactArray(deletions), bytesOf.compactArray(upsertions), bytesOf.noTags];
    const answer = await this.#ask(alterUserScramCredentials, Buffer.concat(request));
    answer.int32();
    const results = answer.compactArray(() => {
      answer.compactString();
      const error = answer.int16();
      answer.compactString();
      answer.skipTags();
      return error;
    });
    answer.skipTags();
    answer.end();
    const [error] = results;
    if (error === undefined || results.length > 1) throw wrongAnswer();
    if (error === errors.notController) return false;
    if (error !== errors.resourceNotFound || salted !== undefined) this.#assertDone(error);
    return true;
  }

  /** A broker ends the connection at a request that it does not know. */
  async #assertAlters(): Promise<void> {
    const answer = await this.#ask(apiVersions, Buffer.of());
    this.#assertDone(answer.int16());
    const keys = answer.array(() => [answer.int16(), answer.int16(), answer.int16()][0]);
    answer.end();
    if (keys.includes(alterUserScramCredentials.key)) return;
    throw this.#failed('config', 'is older than 2.7, or lets no client set passwords', 0);
  }

  async #ask({ key, version, isFlexible }: Api, body: Uint8Array): Promise<KafkaReader> {
    this.#sent += 1;
    const id = this.#sent;
    const request = Buffer.concat([
      bytesOf.int16(key),
      bytesOf.int16(version),
      bytesOf.int32(id),
      bytesOf.string('keyward'),
      ...(isFlexible ? [bytesOf.noTags] : []),
      body,
    ]);
    this.#channel.write(bytesOf.bytes(request));
    const length = (await this.#channel.read(4)).readInt32BE();
    if (length < 4 || length > maxAnswerBytes) throw wrongAnswer();
    const answer = new KafkaReader(await this.#channel.read(length));
    if (answer.int32() !== id) throw wrongAnswer();
    if (isFlexible) answer.skipTags();
    return answer;
  }

  #assertDone(error: number): void {
    if (error === 0) return;
    if (error === errors.saslAuthenticationFailed) throw this.#failed('unauthenticated', 'refuses the login', error);
    if (error === errors.clusterAuthorizationFailed) {
      throw this.#failed('denied', 'does not permit it', error, 'See the set-up in docs/guide/rotation.md.');
    }
    if (error === errors.unacceptableCredential) throw this.#failed('invalid', 'does not take the password', error);
    throw this.#failed('unavailable', 'could not do it', error);
  }

  #failed(code: KeywardError['code'], problem: string, error: number, advice?: string): KeywardError {
    const { text } = this.#server;
    return new KeywardError(code, `Kafka at ${text} ${problem} (error ${error})`, { store: text, advice });
  }
}

/** Logs in, uses the session and ends it. @throws KeywardError as `KafkaSession` and `withChannel`. */
export function withKafka<T>(
  server: ServerName,
  { login, mechanism }: { readonly login: Login; readonly mechanism: ScramMechanism },
  use: (session: KafkaSession) => Promise<T>,
): Promise<T> {
  return withChannel(server, async (channel) => {
    const session = new KafkaSession(channel, server);
    await session.logIn(login, mechanism);
    return use(session);
  });
}
