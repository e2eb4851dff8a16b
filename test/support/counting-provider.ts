import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as pause } from "node:timers/promises";

/** When a request came in, in milliseconds of the machine's one monotonic clock, and what it said of itself. */
export interface Arrival {
  atMs: number;
  tokens: number;
  costNanoUsd: number;
  /** The caller's process. */
  from: number;
  /** When that sent it; what lies between is the network and two busy event loops. */
  sentAtMs: number;
}

/** An answer that the provider is made to give; 200 bills the request. */
export interface Answer {
  status: number;
  retryAfterSeconds?: number;
  afterMs?: number;
}

export interface CountingProvider {
  url: string;
  arrivals: Arrival[];
  close(): Promise<void>;
}

/** A provider that bills what each request says it costs, and keeps the books that a guard is judged by. */
export async function startCountingProvider(
  answer: (arrival: Arrival, position: number) => Answer = () => ({ status: 200 }),
): Promise<CountingProvider> {
  const arrivals: Arrival[] = [];
  const handle = async (request: IncomingMessage, response: ServerResponse) => {
    const query = new URL(request.url ?? "", "http://provider").searchParams;
    const arrival = {
      atMs: Number(process.hrtime.bigint()) / 1e6,
      tokens: Number(query.get("tokens")),
      costNanoUsd: Number(query.get("cost")),
      from: Number(query.get("from")),
      sentAtMs: Number(query.get("sent")),
    };
    arrivals.push(arrival);
    const { status, retryAfterSeconds, afterMs = 0 } = answer(arrival, arrivals.length);
    if (afterMs > 0) await pause(afterMs);
    response.statusCode = status;
    if (retryAfterSeconds !== undefined) response.setHeader("retry-after", String(retryAfterSeconds));
    response.end();
  };
  const server = createServer((request, response) => void handle(request, response));
  await new Promise<void>((resolve) => {
    server.listen(0, "127.0.0.1", resolve);
  });
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    arrivals,
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => {
        server.close(resolve);
      });
    },
  };
}

/** The greatest sum of weights within any window of this length that begins with one of the arrivals. */
export function mostWithin<Moment extends { atMs: number }>(
  arrivals: readonly Moment[],
  windowMs: number,
  weight: (arrival: Moment) => number,
): number {
  const sorted = [...arrivals].sort((left, right) => left.atMs - right.atMs);
  let most = 0;
  let sum = 0;
  let first = 0;
  for (const arrival of sorted) {
    sum += weight(arrival);
    for (
      let oldest = sorted[first];
      oldest && arrival.atMs - oldest.atMs >= windowMs;
      oldest = sorted[first]
    ) {
      sum -= weight(oldest);
      first += 1;
    }
    most = Math.max(most, sum);
  }
  return most;
}
