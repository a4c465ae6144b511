import type { Clock, Timer } from '../../core/clock.js';
import { abortable } from '../http/abortable.js';
import type { SignedIn, SignIn } from './sign-in.js';
import { numberIn, objectIn } from './vault-answer.js';
import type { VaultTransport } from './vault-transport.js';

export interface SessionOptions {
  readonly transport: VaultTransport;
  readonly signIn: Pick<SignIn, 'signIn'>;
  readonly clock: Clock;
  /** Spreads renewals: from 0 up to 1. */
  readonly random: () => number;
}

/** A token that was handed over with nothing known of it is looked up after this time, if the process still runs. */
const lookupAfterMs = 30_000;
const shortestPauseMs = 1_000;

interface Held {
  readonly token: string;
  /** On the monotonic clock; `undefined` for a token that does not end, or of which nothing is known. */
  endsAtMs: number | undefined;
  timer: Timer | undefined;
}

/**
 * The token of one server: signs in when one is needed, once however many ask; renews it at two thirds of its life; and
 * signs in again when it has ended. Nothing of it keeps the process running.
 */
export class VaultSession {
  readonly #options: SessionOptions;
  #held: Held | undefined;
  #signingIn: Promise<Held> | undefined;
  #isClosed = false;

  constructor(options: SessionOptions) {
    this.#options = options;
  }

  /** A token that has not ended. @throws KeywardError as `SignIn.signIn`; as `refuseAborted` when the caller gives up. */
  async token(signal?: AbortSignal): Promise<string> {
    const { clock, transport } = this.#options;
    const held = this.#held;
    if (held !== undefined && (held.endsAtMs === undefined || clock.monotonic() < held.endsAtMs)) return held.token;
    this.#signingIn ??= this.#signIn().finally(() => {
      this.#signingIn = undefined;
    });
    return (await abortable(transport.store, signal, this.#signingIn)).token;
  }

  /** Another token in place of one that the server refuses; `undefined` when signing in gives the same one again. */
  async replace(refused: string, signal?: AbortSignal): Promise<string | undefined> {
    if (this.#held?.token === refused) this.#drop();
    const token = await this.token(signal);
    if (token !== refused) return token;
    this.#drop();
    return undefined;
  }

  /** Whether the server knows the token; it answers no for a good one, too, that may not look at itself. */
  async isKnown(token: string, signal?: AbortSignal): Promise<boolean> {
    return (await this.#lookUp(token, signal)) !== undefined;
  }

  close(): void {
    this.#isClosed = true;
    this.#drop();
  }

  #drop(): void {
    this.#held?.timer?.cancel();
    this.#held = undefined;
  }

  async #signIn(): Promise<Held> {
    const signedIn = await this.#options.signIn.signIn();
    this.#drop();
    const held: Held = { token: signedIn.token, endsAtMs: undefined, timer: undefined };
    this.#held = held;
    if (signedIn.lifetimeMs === undefined) this.#plan(held, lookupAfterMs, () => this.#learn(held));
    else this.#count(held, signedIn);
    return held;
  }

  /** Notes how long the token lives, and plans what comes before its end. */
  #count(held: Held, { lifetimeMs, isRenewable }: Pick<SignedIn, 'lifetimeMs' | 'isRenewable'>): void {
    if (lifetimeMs === undefined) return;
    const { clock, random } = this.#options;
    held.endsAtMs = clock.monotonic() + lifetimeMs;
    if (isRenewable) this.#plan(held, lifetimeMs * (2 / 3) * (0.9 + 0.2 * random()), () => this.#renew(held));
  }

  #plan(held: Held, afterMs: number, act: () => Promise<void>): void {
    if (this.#isClosed || this.#held !== held) return;
    const { clock } = this.#options;
    const tryAgain = () => {
      const leftMs = (held.endsAtMs ?? Number.POSITIVE_INFINITY) - clock.monotonic();
      const pauseMs = Math.min(leftMs / 3, lookupAfterMs);
      if (pauseMs >= shortestPauseMs) this.#plan(held, pauseMs, act);
    };
    held.timer = clock.after(afterMs, () => void act().catch(tryAgain), { background: true });
  }

  async #renew(held: Held): Promise<void> {
    const { transport } = this.#options;
    const request = { method: 'POST', path: 'auth/token/renew-self', body: '{}' } as const;
    const answer = await transport.send(request, held.token);
    const auth = answer.status === 200 ? objectIn(answer.members, 'auth') : undefined;
    // A token that may not be renewed, or is known no more, is replaced when it has ended or is refused.
    if (auth === undefined || this.#held !== held) return;
    const seconds = numberIn(auth, 'lease_duration') ?? 0;
    const leftMs = (held.endsAtMs ?? 0) - this.#options.clock.monotonic();
    // Near the end of what its role permits, renewing adds nothing more.
    const isRenewable = auth.get('renewable')?.text === 'true' && seconds * 1000 > leftMs;
    this.#count(held, { lifetimeMs: seconds === 0 ? undefined : seconds * 1000, isRenewable });
  }

  async #learn(held: Held): Promise<void> {
    const data = await this.#lookUp(held.token, undefined);
    if (data === undefined || this.#held !== held) return;
    const seconds = numberIn(data, 'ttl') ?? 0;
    this.#count(held, {
      lifetimeMs: seconds === 0 ? undefined : seconds * 1000,
      isRenewable: data.get('renewable')?.text === 'true',
    });
  }

  async #lookUp(token: string, signal: AbortSignal | undefined) {
    const { transport } = this.#options;
    const answer = await transport.send({ method: 'GET', path: 'auth/token/lookup-self', signal }, token);
    return answer.status === 200 ? objectIn(answer.members, 'data') : undefined;
  }
}
