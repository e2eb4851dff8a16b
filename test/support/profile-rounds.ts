import { setTimeout as pause } from "node:timers/promises";
import { Models } from "@lakefleet/config/models.ts";
import { openEmbedders } from "@lakefleet/lib/embedding/open-embedders.ts";
import { openLocalGuard } from "@lakefleet/lib/embedding/providers/local-guard.ts";
import { DomainError } from "@lakefleet/lib/errors/domain-error.ts";
import { createProfile } from "@lakefleet/lib/profile/edit-profile.ts";
import { openGpuSlots } from "@lakefleet/lib/profile/open-gpu-slots.ts";
import { realizeActivation } from "@lakefleet/lib/profile/realize-activation.ts";
import { requestActivation } from "@lakefleet/lib/profile/request-activation.ts";
import { createMemoryStore } from "@lakefleet/lib/storage/memory-store.ts";
import type { ObjectStore } from "@lakefleet/lib/storage/object-store.ts";
import { silentTelemetry } from "@lakefleet/lib/telemetry/telemetry.ts";
import type { Redis } from "ioredis";
import { createRandom } from "../../examples/create-random.ts";
import { onGraphicsCard } from "../../workers/embed/on-graphics-card.ts";
import type { FakeModelServer } from "./fake-model-server.ts";
import { fewestRoundSwaps } from "./round-optimum.ts";

const gigabyte = 2 ** 30;
/** A card on which one of the two large models fits beside the small one, and not both. */
export const cardBytes = 16 * gigabyte;
export const cardModels = [
  { name: "big-a", vramBytes: 10 * gigabyte },
  { name: "big-b", vramBytes: 9 * gigabyte },
  { name: "small", vramBytes: gigabyte },
];

/** Two profiles with a large generator each and one small embedder, and embedders of all three models. */
export function cardSettings(url: string): Models {
  const limits = { timeoutMs: 10_000, concurrency: 8 };
  const embedder = (model: string) => ({ provider: "gpu", model, dimension: 64, tokensMax: 2_048 });
  const generator = (model: string) => ({ provider: "gpu", model, vramMib: 10_240 });
  return Models.parse({
    providers: { gpu: { kind: "ollama", url, limits } },
    embedders: {
      "gpu:big-a@1": { ...embedder("big-a"), vramMib: 10_240 },
      "gpu:big-b@1": { ...embedder("big-b"), vramMib: 9_216 },
      "gpu:small@1": { ...embedder("small"), vramMib: 1_024, shared: true },
    },
    generators: { a: generator("big-a"), b: generator("big-b") },
  });
}

export interface RoundsReport {
  activations: number;
  embedJobs: number;
  swaps: number;
  fewestSwaps: number;
  /** What serving each job as it came would have taken. */
  firstComeSwaps: number;
}

export interface CardWorld {
  models: Models;
  store: ObjectStore;
  slots: ReturnType<typeof openGpuSlots>;
  embedders: ReturnType<typeof openEmbedders>;
}

/**
 * Alternates between both profiles. Each round begins while a job embeds by what is loaded; an activation and some embed
 * jobs come in, the job ends, and all of them are served before the next round.
 */
export async function runProfileRounds(options: {
  redis: Redis;
  server: FakeModelServer;
  rounds: number;
  seed: number;
}): Promise<RoundsReport> {
  const { redis, server, rounds, seed } = options;
  const random = createRandom(seed);
  const world = await openCardWorld({ redis, server });
  const wanted: Set<string>[] = [];
  let embedJobs = 0;
  for (let round = 0; round < rounds; round += 1) {
    const profile = round % 2 === 0 ? "a" : "b";
    const jobs = Array.from({ length: random() % 4 }, () => ["big-a", "big-b", "small"][random() % 3] ?? "");
    embedJobs += jobs.length;
    wanted.push(new Set([`big-${profile}`, ...jobs.filter((model) => model !== "small")]));
    await runRound(world, { round, profile, jobs });
  }
  await world.embedders.close();
  const { swaps, firstComeSwaps } = await world.slots.table();
  return { activations: rounds, embedJobs, swaps, fewestSwaps: fewestRoundSwaps(wanted), firstComeSwaps };
}

/** Both profiles in a bucket of their own, and the places on the card. */
export async function openCardWorld(options: {
  redis: Redis;
  server: FakeModelServer;
  slotCount?: number;
}): Promise<CardWorld> {
  const { redis, server, slotCount = 1 } = options;
  const models = cardSettings(server.url);
  const store = createMemoryStore("card");
  const nothing = { description: "", datasets: [], indexes: [], backend: null, parameters: null };
  for (const id of ["a", "b"]) {
    const bindings = { ...nothing, generator: id, embedder: "gpu:small@1", bucket: store.name };
    await createProfile({ store, models, id, actor: "test" }, bindings);
  }
  const embedders = openEmbedders({
    models,
    readSecret: async () => "",
    openGuard: (_provider, { limits }) => openLocalGuard(limits),
  });
  return {
    models,
    store,
    slots: openGpuSlots({ redis, slotCount, telemetry: silentTelemetry() }),
    embedders,
  };
}

async function runRound(
  world: CardWorld,
  { round, profile, jobs }: { round: number; profile: string; jobs: string[] },
): Promise<void> {
  const { store, models, slots } = world;
  const { signal } = new AbortController();
  const loaded = (await slots.table()).slots[0]?.model ?? undefined;
  const held = loaded === undefined ? undefined : await slots.take({ job: `${round}.held`, model: loaded });
  const { activation } = await requestActivation({ id: profile, actor: "test" }, { store, models });
  const job = `${round}.activation`;
  const started = [
    askInTurns(() => realizeActivation({ store, models, slots, activation, job, signal })),
    ...jobs.map((model, place) => askInTurns(() => embed(world, model, `${round}.${place}`))),
  ];
  await Promise.all(started.map(({ asked }) => asked));
  await held?.release();
  await Promise.all(started.map(({ done }) => done));
}

async function embed(world: CardWorld, model: string, job: string): Promise<void> {
  const { signal } = new AbortController();
  const embedderId = `gpu:${model}@1`;
  await onGraphicsCard({ graphics: world, embedderId, job, signal }, async (place) => {
    await place.hold();
    const provider = world.embedders.open(embedderId, { threads: 0 });
    await provider.embedBatch(["a harbor", "a hill"], { purpose: "document", signal: place.signal });
    await place.hold();
  });
}

/** Far less than an embedding takes, and far more than it costs to be turned away. */
const askAgainMs = 5;

/** As the queue does with a job that must wait: it asks again and again. `asked` is when it is in the line, or done. */
function askInTurns(task: () => Promise<unknown>): { asked: Promise<void>; done: Promise<void> } {
  const asked = Promise.withResolvers<void>();
  const run = async () => {
    for (;;) {
      try {
        await task();
        return;
      } catch (error) {
        if (!(error instanceof DomainError) || error.kind !== "busy") throw error;
        asked.resolve();
        await pause(askAgainMs);
      }
    }
  };
  const done = run();
  done.then(asked.resolve, asked.reject);
  return { asked: asked.promise, done };
}
