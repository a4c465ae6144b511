import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

const reading = { ipRestrict: true, enableReading: true, enableWithdrawals: false, enableSpotAndMarginTrading: false };

/** Binance, as its documents say that it answers about keys: which it accepts, and what each may do. */
export class ScriptedExchange {
  /** What differs from a key that may only read, by key. */
  readonly keys = new Map<string, object>();
  /** Whether it takes requests and answers nothing. */
  isHanging = false;
  readonly #hanging: ServerResponse[] = [];
  readonly #server = createServer((request, response) => {
    if (this.isHanging) {
      this.#hanging.push(response);
      this.#server.emit('hanging');
      return;
    }
    const rights = this.keys.get(String(request.headers['x-mbx-apikey']));
    response.writeHead(rights === undefined ? 401 : 200, { 'content-type': 'application/json' });
    const refusal = { code: -2015, msg: 'Invalid API-key, IP, or permissions for action.' };
    response.end(JSON.stringify(rights === undefined ? refusal : { ...reading, ...rights }));
  });

  /** Answers its address. */
  async listen(): Promise<string> {
    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** Until a request came that is not answered. */
  async hangs(): Promise<void> {
    if (this.#hanging.length === 0) await once(this.#server, 'hanging');
  }

  answersAgain(): void {
    this.isHanging = false;
    for (const response of this.#hanging.splice(0)) response.destroy();
  }

  close(): void {
    this.#server.close();
    this.#server.closeAllConnections();
  }
}
