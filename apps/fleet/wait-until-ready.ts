import { setTimeout as wait } from "node:timers/promises";
import type { FleetClient } from "./fleet-client.ts";

const askEveryMs = 100;
// A start takes two seconds on an idle machine; after twenty a person wants to know what is missing.
const sayEveryMs = 20_000;

/** Resolves when every pool takes jobs, however long that takes; says now and then what it waits for. */
export async function waitUntilReady(options: {
  client: FleetClient;
  report: (line: string) => void;
  signal: AbortSignal;
}): Promise<void> {
  let sayAt = performance.now() + sayEveryMs;
  for (;;) {
    const missing = await readMissing(options.client, options.signal);
    if (missing === undefined) return;
    if (performance.now() > sayAt) {
      options.report(`Still waiting for ${missing}.`);
      sayAt += sayEveryMs;
    }
    await wait(askEveryMs, undefined, { signal: options.signal });
  }
}

async function readMissing(client: FleetClient, signal: AbortSignal): Promise<string | undefined> {
  try {
    const { ready, missing } = await client.readReadiness(signal);
    return ready ? undefined : missing;
  } catch (error) {
    signal.throwIfAborted();
    // Refused until the gateway listens; what it answers after that tells more than the code.
    return `the gateway (${error instanceof Error ? error.message : error})`;
  }
}
