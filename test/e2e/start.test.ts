import { existsSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { z } from "zod";
import { redisSocket } from "../../config/layout.ts";
import {
  listProcesses,
  nothingIsLeft,
  type StartedFleet,
  startFleet,
  waitUntil,
} from "../support/started-fleet.ts";

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
  test("answers a search over the sample, refuses a second fleet, leaves nothing, and has it all after the next start, in a folder too deep for a unix socket", async () => {
    const folder = await mkdtemp(path.join(os.tmpdir(), "lakefleet-deep-"));
    onTestFinished(() => rm(folder, { recursive: true, force: true }));
    const dataFolder = path.join(folder, "d".repeat(120));
    const environment = { LAKEFLEET_SAMPLE: "1" };
    const fleet = await start({ through: "npm", dataFolder, environment });
    const url = await fleet.ready();
    await fleet.says("npx lakefleet search sample");
    expect((await fetch(`${url}/ready`)).status).toBe(200);
    expect((await fetch(`${url}/docs`)).status).toBe(200);
    expect((await search(url, "the rotor scrapes although the pads are new")).join()).toContain(
      "rubbing-disc-brake",
    );

    const second = await start({ dataFolder });
    expect(await second.exited).toMatchObject({ code: 2 });
    expect(second.output()).toContain(`process ${await pidOf(fleet, "apps/fleet/main.ts")}`);

    fleet.launcher.kill("SIGTERM");
    expect(await fleet.exited).toEqual({ code: 0, signal: null });
    await nothingIsLeft(dataFolder);
    expect(existsSync(path.dirname(redisSocket(dataFolder)))).toBe(false);

    const again = await start({ dataFolder, environment });
    expect(await search(await again.ready(), "knee pain")).toContain("saddle-and-fit.md");
    expect(again.output()).not.toContain("sample");
    again.launcher.kill("SIGINT");
    expect(await again.exited).toEqual({ code: 0, signal: null });
    await nothingIsLeft(dataFolder);
  });

  describe("with secrets", () => {
    const secrets = { LAKEFLEET_SECRET_KEY: "sk-1", LAKEFLEET_SECRET_SHOP: "postgres://shop/db" };
    const admin = { LAKEFLEET_ADMIN_KEY: "0123456789abcdef" };
    let folder: string;
    let fleet: StartedFleet;
    let url: string;
    beforeAll(async () => {
      folder = await mkdtemp(path.join(os.tmpdir(), "lakefleet-models-"));
      const models = path.join(folder, "models.json");
      const remote = { kind: "openai", url: "http://127.0.0.1:1/v1", secret: "KEY" };
      await writeFile(models, JSON.stringify({ providers: { remote } }));
      fleet = await startFleet({ environment: { LAKEFLEET_MODELS: models, ...secrets, ...admin } });
      url = await fleet.ready();
    });
    afterAll(async () => {
      await fleet.clean();
      await rm(folder, { recursive: true, force: true });
    });

    test("each process has those that it needs and no others", async () => {
      const running = await listProcesses(fleet.dataFolder);
      const heldBy = (part: string) => {
        const found = running.find(({ command }) => command.includes(part));
        if (found === undefined) throw new Error(`no process with ${part}`);
        return Object.keys({ ...secrets, ...admin }).filter((name) =>
          found.environment.includes(`\0${name}=`),
        );
      };
      expect(heldBy("apps/fleet/gateway.ts")).toHaveLength(3);
      for (const worker of ["embed", "index", "trial"])
        expect([worker, ...heldBy(`workers/${worker}/`)]).toEqual([worker, "LAKEFLEET_SECRET_KEY"]);
      for (const worker of ["ingest", "refresh"])
        expect([worker, ...heldBy(`workers/${worker}/`)]).toEqual([worker, "LAKEFLEET_SECRET_SHOP"]);
      for (const worker of ["watch", "agent"])
        expect([worker, ...heldBy(`workers/${worker}/`)]).toEqual([worker]);
    });

    test("a killed worker, a killed gateway and a killed Redis come back", async () => {
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

    test("kill -9 of the launcher leaves nothing behind", async () => {
      fleet.launcher.kill("SIGKILL");
      await nothingIsLeft(fleet.dataFolder);
    });
  });

  test("a wrong environment ends with 2 and all that is wrong with it", async () => {
    const fleet = await start({ environment: { LAKEFLEET_PORT: "many", LAKEFLEET_LOG: "loud" } });
    expect(await fleet.exited).toMatchObject({ code: 2 });
    expect(fleet.output()).toMatch(/LAKEFLEET_PORT[\s\S]*LAKEFLEET_LOG/);
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
