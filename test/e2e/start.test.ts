import { existsSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { afterEach, describe, expect, test } from "vitest";
import { z } from "zod";
import { redisSocket } from "../../config/layout.ts";
import { listProcesses, type StartedFleet, startFleet, waitUntil } from "../support/started-fleet.ts";

const started: StartedFleet[] = [];

async function start(options: Parameters<typeof startFleet>[0] = {}): Promise<StartedFleet> {
  const fleet = await startFleet(options);
  started.push(fleet);
  return fleet;
}

afterEach(async () => {
  for (const fleet of started.splice(0).reverse()) await fleet.clean();
});

async function pidOf(fleet: StartedFleet, part: string): Promise<number> {
  const found = (await listProcesses(fleet.dataFolder)).find(({ command }) => command.includes(part));
  if (found === undefined) throw new Error(`no process with ${part}`);
  return found.pid;
}

async function nothingIsLeft(fleet: StartedFleet): Promise<void> {
  let left: { command: string }[] = [];
  await waitUntil(
    async () => {
      left = await listProcesses(fleet.dataFolder);
      return left.length === 0;
    },
    () => `nothing runs any more: ${JSON.stringify(left)}`,
  );
}

const Answer = z.object({ hits: z.array(z.object({ doc_id: z.string() })) });

async function search(url: string, query: string): Promise<string[]> {
  const response = await fetch(`${url}/vectors/search`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ index: "sample", query, k: 3 }),
  });
  expect(response.status).toBe(200);
  return Answer.parse(await response.json()).hits.map((hit) => hit.doc_id);
}

describe("npm start", () => {
  test("answers a search over the sample, refuses a second fleet, and leaves nothing after SIGTERM", async () => {
    const fleet = await start({ through: "npm", environment: { LAKEFLEET_SAMPLE: "1" } });
    const url = await fleet.ready();
    await fleet.says("npx lakefleet search sample");
    expect((await fetch(`${url}/ready`)).status).toBe(200);
    expect((await fetch(`${url}/docs`)).status).toBe(200);
    expect((await search(url, "the rotor scrapes although the pads are new")).join()).toContain(
      "rubbing-disc-brake",
    );

    const second = await start({ dataFolder: fleet.dataFolder });
    expect(await second.exited).toMatchObject({ code: 2 });
    expect(second.output()).toContain(`process ${await pidOf(fleet, "apps/fleet/main.ts")}`);

    fleet.launcher.kill("SIGTERM");
    expect(await fleet.exited).toEqual({ code: 0, signal: null });
    await nothingIsLeft(fleet);
  });

  test("what was searchable before a stop is searchable after the next start", async () => {
    const fleet = await start({ environment: { LAKEFLEET_SAMPLE: "1" } });
    await fleet.says("npx lakefleet search sample");
    fleet.launcher.kill("SIGINT");
    expect(await fleet.exited).toEqual({ code: 0, signal: null });
    const again = await start({ dataFolder: fleet.dataFolder, environment: { LAKEFLEET_SAMPLE: "1" } });
    const url = await again.ready();
    expect(await search(url, "knee pain")).toContain("saddle-and-fit.md");
    expect(again.output()).not.toContain("sample");
  });

  test.each(["launcher", "bootstrap", "npm"] as const)(
    "kill -9 of the %s leaves nothing behind",
    async (through) => {
      const fleet = await start({ through });
      await fleet.ready();
      fleet.launcher.kill("SIGKILL");
      await nothingIsLeft(fleet);
    },
  );

  test("a killed worker, a killed gateway and a killed Redis come back", async () => {
    const fleet = await start();
    const url = await fleet.ready();
    for (const part of ["workers/embed/main.ts", "apps/fleet/gateway.ts", "redis-server"]) {
      const pid = await pidOf(fleet, part);
      process.kill(pid, "SIGKILL");
      await waitUntil(
        async () =>
          (await listProcesses(fleet.dataFolder)).some(
            (other) => other.command.includes(part) && other.pid !== pid,
          ),
        () => `${part} is there again`,
      );
      await waitUntil(
        () => answers(`${url}/ready`),
        () => `/ready after ${part}; ${fleet.output()}`,
      );
    }
  });

  test("each process has the secrets that it needs and no others", async () => {
    const folder = await mkdtemp(path.join(os.tmpdir(), "lakefleet-models-"));
    const models = path.join(folder, "models.json");
    const remote = { kind: "openai", url: "http://127.0.0.1:1/v1", secret: "KEY" };
    await writeFile(models, JSON.stringify({ providers: { remote } }));
    const secrets = { LAKEFLEET_SECRET_KEY: "sk-1", LAKEFLEET_SECRET_SHOP: "postgres://shop/db" };
    const admin = { LAKEFLEET_ADMIN_KEY: "0123456789abcdef" };
    const fleet = await start({ environment: { LAKEFLEET_MODELS: models, ...secrets, ...admin } });
    await fleet.ready();
    const running = await listProcesses(fleet.dataFolder);
    const heldBy = (part: string) => {
      const found = running.find(({ command }) => command.includes(part));
      if (found === undefined) throw new Error(`no process with ${part}`);
      return Object.keys({ ...secrets, ...admin }).filter((name) => found.environment.includes(`\0${name}=`));
    };
    expect(heldBy("apps/fleet/gateway.ts")).toHaveLength(3);
    for (const worker of ["embed", "index", "trial"])
      expect([worker, ...heldBy(`workers/${worker}/`)]).toEqual([worker, "LAKEFLEET_SECRET_KEY"]);
    for (const worker of ["ingest", "refresh"])
      expect([worker, ...heldBy(`workers/${worker}/`)]).toEqual([worker, "LAKEFLEET_SECRET_SHOP"]);
    for (const worker of ["watch", "agent"])
      expect([worker, ...heldBy(`workers/${worker}/`)]).toEqual([worker]);
    await rm(folder, { recursive: true, force: true });
  });

  test("a wrong environment ends with 2 and all that is wrong with it", async () => {
    const fleet = await start({ environment: { LAKEFLEET_PORT: "many", LAKEFLEET_LOG: "loud" } });
    expect(await fleet.exited).toMatchObject({ code: 2 });
    expect(fleet.output()).toMatch(/LAKEFLEET_PORT[\s\S]*LAKEFLEET_LOG/);
  });

  test("a data folder too deep for a unix socket works all the same", async () => {
    const shallow = await start();
    await shallow.ready();
    const deep = await start({ dataFolder: `${shallow.dataFolder}/${"d".repeat(120)}` });
    await deep.ready();
    deep.launcher.kill("SIGTERM");
    expect(await deep.exited).toMatchObject({ code: 0 });
    expect(existsSync(path.dirname(redisSocket(deep.dataFolder)))).toBe(false);
  });
});

async function answers(url: string): Promise<boolean> {
  try {
    return (await fetch(url)).ok;
  } catch {
    // Refused while the gateway restarts; the caller asks again.
    return false;
  }
}
