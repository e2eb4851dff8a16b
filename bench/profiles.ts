import { writeFile } from "node:fs/promises";
import { parseArgs } from "node:util";
import { Redis } from "ioredis";
import { startFakeModelServer } from "../test/support/fake-model-server.ts";
import { cardBytes, cardModels, runProfileRounds } from "../test/support/profile-rounds.ts";
import { startRedisServer } from "../test/support/redis-server.ts";

// Two profiles take turns on a card that holds one of their large models at a time, with embed jobs in between.
const { values } = parseArgs({
  options: {
    rounds: { type: "string", default: "100" },
    seed: { type: "string", default: "1" },
    out: { type: "string" },
  },
});

const server = await startFakeModelServer({ models: cardModels, vramBytes: cardBytes });
const store = await startRedisServer();
const redis = new Redis({ path: store.socketPath });
try {
  const begin = performance.now();
  const report = await runProfileRounds({
    redis,
    server,
    rounds: Number(values.rounds),
    seed: Number(values.seed),
  });
  const { history, crowdedOut } = server.loaded;
  const large = history.map((names) => names.filter((name) => name.startsWith("big-")).length);
  const figures = {
    ...report,
    swapsOverOptimum: report.swaps / report.fewestSwaps - 1,
    largeModelsTogether: Math.max(...large),
    crowdedOut: crowdedOut.length,
    sharedLeft: history.filter(
      (names, place) => history[place - 1]?.includes("small") === true && !names.includes("small"),
    ).length,
    seconds: (performance.now() - begin) / 1_000,
  };
  process.stdout.write(`${JSON.stringify(figures, undefined, 2)}\n`);
  if (values.out !== undefined) await writeFile(values.out, `${JSON.stringify(figures, undefined, 2)}\n`);
} finally {
  redis.disconnect();
  await store.stop();
  await server.close();
}
