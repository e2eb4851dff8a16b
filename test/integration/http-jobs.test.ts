import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { queueNames } from "@lakefleet/queues/define-queue.ts";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { z } from "zod";
import { type FaultLake, openFaultLake, speaksHttp } from "../support/fault-lake.ts";
import {
  endOf,
  JobView,
  jobUrlOf,
  postJson,
  problemOf,
  readJob,
  send,
  upload,
} from "../support/lake-client.ts";
import { waitFor } from "../support/wait-for.ts";

let lake: FaultLake;
let api: string;

beforeAll(async () => {
  lake = await openFaultLake();
  await lake.startTogether(["api", "ingest", "embed", "index"]);
  api = lake.url("api");
}, 60_000);
afterAll(() => lake.close());

const bad = { name: "a.csv", content: "a,b\n1,2\n3\n" };
const good = { name: "a.csv", content: "a,b\n1,2\n" };

const Fleet = z.object({
  pools: z.array(
    z.object({
      pool: z.string(),
      paused: z.boolean(),
      min: z.int(),
      max: z.int(),
      waiting: z.int(),
      workers: z.array(z.object({ pid: z.int() })),
    }),
  ),
});

async function pool(name: string) {
  const { pools } = Fleet.parse(JSON.parse((await send(api, "/fleet")).text));
  const found = pools.find((entry) => entry.pool === name);
  if (found === undefined) throw new Error(`no pool ${name}`);
  return found;
}

/** The `job` events of a stream, until the server ends it. */
async function eventsOf(jobUrl: string): Promise<JobView[]> {
  const answer = await send(api, `${jobUrl}/events`);
  expect(answer.headers["content-type"]).toContain("text/event-stream");
  return answer.text
    .split("\n\n")
    .filter((event) => event !== "")
    .map((event) => {
      expect(event).toContain("event: job");
      const data = event.split("\n").find((line) => line.startsWith("data:"));
      return JobView.parse(JSON.parse(data?.slice("data:".length) ?? ""));
    });
}

describe("a job over HTTP", () => {
  test("streams its changes until it has ended, and each step shows its own result", async () => {
    const fields = { dataset: "streamed", text_columns: "b" };
    const jobUrl = jobUrlOf(
      await upload(api, fields, { name: "a.csv", content: "a,b\n1,a rusty chain\n2,a flat tyre\n" }),
    );
    const events = await eventsOf(jobUrl);
    expect(events.length).toBeGreaterThan(1);
    expect(events.at(-1)).toMatchObject({ state: "completed", result: { vectorCount: 2 } });
    for (const event of events.slice(0, -1)) expect(["waiting", "active"]).toContain(event.state);
    const steps = events.at(-1)?.children ?? [];
    expect(steps.map((step) => step.queue)).toEqual(["ingest", "embed", "index", "index"]);
    const [first] = steps;
    expect(await readJob(api, `/jobs/ingest/${first?.id}`)).toMatchObject({
      state: "completed",
      result: { dataset: "streamed", rows: 2, rowsAdded: 2, rowsRejected: 0 },
    });
    expect((await eventsOf(jobUrl)).map((event) => event.state)).toEqual(["completed"]);
  });

  test("that failed is found by its state and retried, and one that is done is not", async () => {
    const jobUrl = jobUrlOf(await upload(api, { dataset: "retried" }, bad));
    expect(await endOf(api, jobUrl)).toMatchObject({
      state: "failed",
      error: { type: "csv-fields", status: 422 },
    });
    const listed = await send(api, "/jobs?queue=ingest&state=failed");
    const { jobs } = z.object({ jobs: z.array(JobView) }).parse(JSON.parse(listed.text));
    expect(jobs.map((job) => `/jobs/${job.queue}/${job.id}`)).toContain(jobUrl);
    expect(jobUrlOf(await send(api, `${jobUrl}/retry`, { method: "POST" }))).toBe(jobUrl);
    expect(await endOf(api, jobUrl)).toMatchObject({ state: "failed", error: { type: "csv-fields" } });
    const done = jobUrlOf(await upload(api, { dataset: "done" }, good));
    await endOf(api, done);
    const again = await send(api, `${done}/retry`, { method: "POST" });
    expect([again.status, problemOf(again).type]).toEqual([409, "job-not-retryable"]);
    const cancel = await send(api, done, { method: "DELETE" });
    expect([cancel.status, problemOf(cancel).type]).toEqual([409, "job-ended"]);
  });

  test("waits while its pool is paused, is cancelled, and runs when it is asked for again", async () => {
    expect((await send(api, "/fleet/ingest/pause", { method: "POST" })).status).toBe(200);
    expect((await pool("ingest")).paused).toBe(true);
    const jobUrl = jobUrlOf(await upload(api, { dataset: "paused" }, good));
    await waitFor("the job to wait in its queue", 10_000, async () => (await pool("ingest")).waiting > 0);
    expect((await readJob(api, jobUrl)).state).toBe("waiting");
    const cancelled = await send(api, jobUrl, { method: "DELETE" });
    expect(JSON.parse(cancelled.text)).toMatchObject({
      state: "cancelled",
      error: { type: "job-cancelled", status: 409 },
    });
    expect((await send(api, jobUrl, { method: "DELETE" })).status).toBe(200);
    jobUrlOf(await send(api, `${jobUrl}/retry`, { method: "POST" }));
    expect((await readJob(api, jobUrl)).state).toBe("waiting");
    expect((await send(api, "/fleet/ingest/resume", { method: "POST" })).status).toBe(200);
    expect(await endOf(api, jobUrl)).toMatchObject({ state: "completed", result: { rows: 1 } });
  });
});

describe("pools over HTTP", () => {
  test("take bounds that make sense", async () => {
    expect((await postJson(api, "/fleet/embed/scale", { min: 0, max: 3 })).status).toBe(200);
    expect(await pool("embed")).toMatchObject({ min: 0, max: 3 });
    for (const bounds of [
      { min: 4, max: 3 },
      { min: -1, max: 3 },
      { min: 0, max: 0 },
      { min: 1 },
      { min: 1, max: 2, concurrency: 9 },
    ]) {
      const answer = await postJson(api, "/fleet/embed/scale", bounds);
      expect([bounds, answer.status]).toEqual([bounds, 400]);
    }
    expect(await pool("embed")).toMatchObject({ min: 0, max: 3 });
  });

  test("make the fleet ready only when every one of them has a worker", async () => {
    const answer = await send(api, "/ready");
    expect(answer.status).toBe(503);
    expect(JSON.parse(answer.text)).toEqual({
      ready: false,
      redis: true,
      pools: { ingest: 1, embed: 1, index: 1, trial: 0, refresh: 0 },
    });
  });

  test("are on /metrics with the figures that a cluster scales by", async () => {
    const { text, headers } = await send(api, "/metrics");
    expect(headers["content-type"]).toContain("text/plain");
    for (const gauge of ["waiting_jobs", "active_jobs", "oldest_wait_seconds", "workers"])
      for (const name of queueNames)
        expect(text).toMatch(
          new RegExp(`^lakefleet_pool_${gauge}\\{pool="${name}",service="api"\\} \\d`, "m"),
        );
    expect(text).toContain('lakefleet_pool_workers{pool="ingest",service="api"} 1');
  });
});

describe("pages", () => {
  test("the board shows jobs and changes none", async () => {
    expect((await send(api, "/admin/queues")).status).toBe(200);
    const queues = await send(api, "/admin/queues/api/queues");
    expect(queues.status).toBe(200);
    const Listed = z.object({ queues: z.array(z.object({ name: z.string(), readOnlyMode: z.boolean() })) });
    const listed = Listed.parse(JSON.parse(queues.text)).queues;
    expect(listed.map(({ readOnlyMode }) => readOnlyMode)).toEqual(queueNames.map(() => true));
    const jobUrl = jobUrlOf(await upload(api, { dataset: "board" }, bad));
    const { id } = await endOf(api, jobUrl);
    const name = encodeURIComponent(listed.find((queue) => queue.name.includes("ingest"))?.name ?? "");
    const actions = [
      ["PUT", `/${name}/${id}/retry/failed`],
      ["PUT", `/${name}/${id}/clean`],
      ["PUT", `/${name}/${id}/promote`],
      ["PUT", `/${name}/clean/failed`],
      ["PUT", `/${name}/retry/failed`],
      ["PUT", `/${name}/pause`],
      ["PUT", `/${name}/empty`],
      ["POST", `/${name}/add`],
    ] as const;
    for (const [method, action] of actions) {
      const { status } = await send(api, `/admin/queues/api/queues${action}`, {
        method,
        headers: { "content-type": "application/json" },
        body: "{}",
      });
      expect([action, status >= 400 && status < 500]).toEqual([action, true]);
    }
    expect((await readJob(api, jobUrl)).state).toBe("failed");
    expect((await pool("ingest")).paused).toBe(false);
  });

  test("the documentation loads from this server alone", async () => {
    const page = await send(api, "/docs");
    expect(page.status).toBe(200);
    const links = [...page.text.matchAll(/(?:src|href|url)\s*[=:]\s*"([^"]+)"/g)].map(
      ([, link]) => link ?? "",
    );
    expect(links.length).toBeGreaterThan(2);
    for (const link of links) {
      expect(link).toMatch(/^\//);
      const { status, text } = await send(api, link);
      expect([link, status, text.length > 1_000]).toEqual([link, 200, true]);
    }
    expect((await send(api, "/docs/swagger-ui.css")).text).not.toMatch(/url\(\s*["']?(https?:)?\/\//);
    expect(page.text).toContain("validatorUrl: null");
    for (const asset of [
      "/docs/../package.json",
      "/docs/%2e%2e%2fpackage.json",
      "/docs/package.json",
      "/docs/index.html",
    ])
      expect([asset, (await send(api, asset)).status]).toEqual([asset, 404]);
  });
});

describe("a Redis with a password", () => {
  test("is used, and its password is in no answer, also where it is wrong", async () => {
    const port = 20_000 + (process.pid % 20_000);
    await lake.redis.command("CONFIG", "SET", "port", String(port));
    await lake.redis.command("CONFIG", "SET", "requirepass", "right-s3cret");
    try {
      for (const password of ["right-s3cret", "wrong-s3cret"]) {
        const isRight = password === "right-s3cret";
        const answers = await answersWith(`redis://:${password}@127.0.0.1:${port}`);
        expect(answers.find(({ route }) => route === "/ready")?.text).toContain(`"redis":${isRight}`);
        for (const { route, text } of answers)
          expect([route, text.includes("s3cret")]).toEqual([route, false]);
      }
    } finally {
      await lake.redis.kill();
      await lake.redis.start();
    }
  });
});

/** What an API of its own says on every route that can be read, and where it refuses, with that Redis. */
async function answersWith(redisUrl: string): Promise<{ route: string; text: string }[]> {
  const main = fileURLToPath(new URL("../../apps/api/main.ts", import.meta.url));
  const port = 40_000 + (process.pid % 20_000);
  const child = spawn(process.execPath, ["--disable-warning=ExperimentalWarning", main], {
    stdio: ["ignore", "pipe", "pipe"],
    env: {
      ...process.env,
      LAKEFLEET_DATA: lake.dataFolder,
      LAKEFLEET_PORT: String(port),
      REDIS_URL: redisUrl,
    },
  });
  const exited = once(child, "exit");
  let logs = "";
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding("utf8").on("data", (text) => (logs += text));
  const url = `http://127.0.0.1:${port}`;
  try {
    await waitFor("the API to answer", 20_000, () => speaksHttp(url));
    const routes = [
      "/health",
      "/ready",
      "/metrics",
      "/fleet",
      "/jobs",
      "/openapi.json",
      "/admin/queues",
      "/admin/queues/api/queues",
      "/nowhere",
    ];
    const answers = [];
    for (const route of routes) {
      const { text, headers } = await send(url, route);
      answers.push({ route, text: text + JSON.stringify(headers) });
    }
    answers.push({ route: "upload", text: (await upload(url, { dataset: "secret" }, good)).text });
    return [...answers, { route: "logs", text: logs }];
  } finally {
    child.kill("SIGKILL");
    await exited;
  }
}
