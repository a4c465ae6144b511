interface Flight<T> {
  readonly result: Promise<T>;
  readonly controller: AbortController;
  callers: number;
}

/** One call under way per key, shared by everybody who asks meanwhile. */
export class SingleFlight<T> {
  readonly #flights = new Map<string, Flight<T>>();
  /** Those that nobody can join any more too. */
  readonly #underWay = new Set<Flight<T>>();

  /**
   * Starts the call, or joins the one under way for this key. A caller whose signal is aborted leaves with the signal's
   * reason and the others stay; when the last one has left, the call itself is aborted.
   */
  run(
    key: string,
    signal: AbortSignal | undefined,
    start: (signal: AbortSignal) => Promise<T>,
  ): { readonly isJoined: boolean; readonly result: Promise<T> } {
    const present = this.#flights.get(key);
    const flight = present ?? this.#begin(key, start);
    flight.callers += 1;
    return { isJoined: present !== undefined, result: this.#follow(key, flight, signal) };
  }

  /** Lets nobody join the calls under way (or the one of this key) any more; who shares one still gets its result. */
  detach(key?: string): void {
    if (key === undefined) this.#flights.clear();
    else this.#flights.delete(key);
  }

  abortAll(reason: unknown): void {
    for (const flight of this.#underWay) flight.controller.abort(reason);
    this.#flights.clear();
  }

  #begin(key: string, start: (signal: AbortSignal) => Promise<T>): Flight<T> {
    const controller = new AbortController();
    const flight: Flight<T> = { controller, callers: 0, result: start(controller.signal) };
    this.#flights.set(key, flight);
    this.#underWay.add(flight);
    const land = () => this.#forget(key, flight);
    flight.result.then(land, land);
    return flight;
  }

  #follow(key: string, flight: Flight<T>, signal: AbortSignal | undefined): Promise<T> {
    if (signal === undefined) return flight.result;
    return new Promise((resolve, reject) => {
      const leave = () => {
        reject(signal.reason);
        flight.callers -= 1;
        if (flight.callers > 0) return;
        this.#forget(key, flight);
        flight.controller.abort(signal.reason);
      };
      signal.addEventListener('abort', leave, { once: true });
      flight.result.then(resolve, reject).finally(() => signal.removeEventListener('abort', leave));
    });
  }

  #forget(key: string, flight: Flight<T>): void {
    this.#underWay.delete(flight);
    if (this.#flights.get(key) === flight) this.#flights.delete(key);
  }
}
