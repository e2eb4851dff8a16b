import { readdirSync, readFileSync } from "node:fs";
import { mkdir, readdir, symlink, writeFile } from "node:fs/promises";
import http from "node:http";
import path from "node:path";
import { dataLayout } from "@lakefleet/config/layout.ts";
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from "vitest";
import { type FaultLake, openFaultLake } from "../support/fault-lake.ts";
import {
  type Answer,
  endOf,
  formOf,
  jobUrlOf,
  type Part,
  postJson,
  problemOf,
  send,
  upload,
} from "../support/lake-client.ts";
import { waitFor } from "../support/wait-for.ts";
import { notRun, sharedData } from "./shared-data.ts";

let lake: FaultLake;
let uploads: string;

beforeAll(async () => {
  lake = await openFaultLake();
  uploads = dataLayout(lake.dataFolder).uploads;
  await Promise.all([
    lake.startTogether(["serve", "embed", "index"]),
    lake.start("api"),
    lake.start("ingest"),
  ]);
  const fields = { dataset: "notes", text_columns: "text", metadata_columns: "year" };
  const answer = await upload(lake.url("api"), fields, {
    name: "notes.csv",
    content: "text,year\na rusty chain,2020\na flat tyre,2021\n",
  });
  expect(await endOf(lake.url("api"), jobUrlOf(answer))).toMatchObject({ state: "completed" });
}, 120_000);
afterAll(() => lake.close());

/** Whatever was sent: an answer that blames the request, and a server that goes on. */
async function refused(answer: Answer, statuses: readonly number[] = [400, 404]): Promise<string> {
  expect([statuses.includes(answer.status), answer.status, answer.text]).toEqual([
    true,
    answer.status,
    answer.text,
  ]);
  const { type } = problemOf(answer);
  expect((await send(lake.url("api"), "/health")).status).toBe(200);
  return type;
}

const tricks = [
  "..",
  ".",
  "../../etc/passwd",
  "..%2f..%2fetc%2fpasswd",
  "%2e%2e%2f%2e%2e",
  "..%5c..%5cetc",
  "a%00b",
  "%2fetc%2fpasswd",
  "%ff%fe",
  "%zz",
  "CON",
  "a b",
  "-a",
  "é",
  "a".repeat(300),
  "__proto__",
  "con:1",
];
/** As they stand in a URL, and decoded for bodies, which nobody decodes a second time. */
const encoded = tricks.map((trick) => encodeURI(trick).replaceAll("%25", "%"));
const plain = [...tricks, "../notes", "notes/../../notes", "notes\u0000", "notes\n", "", " notes", "Notes"];

describe("names with a path in them", () => {
  test.each(encoded)("%s in the path of a URL", async (trick) => {
    const api = ["/jobs/ingest/X", "/jobs/ingest/X/events", "/jobs/X/1", "/jobs/X/1/events"];
    const serve = [
      "/catalog/datasets/by-name/X",
      "/catalog/datasets/by-name/X/rows",
      "/catalog/datasets/by-name/X/versions",
      "/vectors/indexes/X",
      "/vectors/indexes/X?missing=1",
      "/vectors/indexes/X/generations",
      "/vectors/indexes/X/policy",
      "/vectors/indexes/X/activations",
      "/vectors/indexes/notes/generations/X/gate",
      "/vectors/indexes/notes/generations/X/certificate",
    ];
    for (const route of api) await refused(await send(lake.url("api"), route.replace("X", trick)));
    for (const route of serve) await refused(await send(lake.url("serve"), route.replace("X", trick)));
    await refused(await send(lake.url("api"), `/jobs/ingest/${trick}`, { method: "DELETE" }));
    await refused(await send(lake.url("api"), `/jobs/ingest/${trick}/retry`, { method: "POST" }));
    await refused(await postJson(lake.url("api"), `/vectors/hnsw/rollback/${trick}`, {}));
    await refused(
      await postJson(lake.url("api"), `/vectors/hnsw/evals/${trick}/autogen`, { index: "notes" }),
    );
    await refused(await postJson(lake.url("api"), `/vectors/indexes/${trick}/promote`, { generation: "g" }));
    await refused(await send(lake.url("api"), `/vectors/refresh/${trick}`, { method: "POST" }));
    await refused(await send(lake.url("api"), `/fleet/${trick}/pause`, { method: "POST" }));
    await refused(await send(lake.url("api"), `/docs/${trick}`));
  });

  test.each(plain)("%j in a body", async (trick) => {
    const file = { name: "a.csv", content: "a\n1\n" };
    await refused(await upload(lake.url("api"), { dataset: trick }, file));
    await refused(await upload(lake.url("api"), { dataset: "names", index: trick }, file));
    await refused(await postJson(lake.url("api"), "/ingest/path", { dataset: trick, path: "x" }));
    await refused(await postJson(lake.url("api"), "/vectors/index", { index: trick, dataset: "notes" }));
    await refused(await postJson(lake.url("api"), "/vectors/index", { index: "other", dataset: trick }));
    await refused(await postJson(lake.url("serve"), "/vectors/search", { index: trick, query: "x" }));
    const pinned = { index: "notes", query: "x", generation: trick };
    await refused(await postJson(lake.url("serve"), "/vectors/search", pinned));
    await refused(await postJson(lake.url("api"), "/vectors/hnsw/evals/s/autogen", { index: trick }));
    await refused(await postJson(lake.url("api"), "/vectors/indexes/notes/promote", { generation: trick }));
    await refused(await postJson(lake.url("api"), "/vectors/hnsw/rollback/notes", { generation: trick }));
    await refused(await postJson(lake.url("api"), "/vectors/hnsw/trial", { index: trick }));
  });

  test.each([
    "../a.csv",
    "/etc/passwd",
    "a/b.csv",
    "a\\b.csv",
    "..",
    ".",
    "",
    `${"x".repeat(300)}.csv`,
    "a\u0001.csv",
  ])("%j as the name of a file", async (name) => {
    expect(
      await refused(await upload(lake.url("api"), { dataset: "names" }, { name, content: "a\n1\n" })),
    ).toMatch(/^(file-name|body-file|body-malformed)$/);
  });

  test("a key column is a name and nothing else", async () => {
    const fields = { dataset: "names", mode: "upsert", key: `a" OR 1=1; DROP TABLE x --` };
    const job = await endOf(
      lake.url("api"),
      jobUrlOf(await upload(lake.url("api"), fields, { name: "a.csv", content: "a\n1\n" })),
    );
    expect(job).toMatchObject({
      state: "failed",
      error: { type: "column-unknown", status: 400, field: "key" },
    });
  });

  test("a path outside the inbox is refused, also through a link", async () => {
    const { inbox } = dataLayout(lake.dataFolder);
    await mkdir(inbox, { recursive: true });
    await symlink("/etc/passwd", path.join(inbox, "link.csv"));
    await symlink("/etc", path.join(inbox, "folder"));
    const outside = [
      "/etc/passwd",
      "/etc",
      "../intents",
      `${inbox}/../intents`,
      "link.csv",
      "folder",
      "folder/passwd",
      "a\u0000",
      "..",
    ];
    for (const requested of outside) {
      const answer = await postJson(lake.url("api"), "/ingest/path", { dataset: "names", path: requested });
      expect([requested, await refused(answer)]).toEqual([requested, "path-refused"]);
    }
    const missing = await postJson(lake.url("api"), "/ingest/path", {
      dataset: "names",
      path: "not-there.csv",
    });
    expect(await refused(missing, [404])).toBe("path-missing");
    expect(
      await refused(
        await postJson(lake.url("api"), "/ingest/path", { dataset: "names", path: "x".repeat(4_000) }),
      ),
    ).toBe("path-missing");
  });
});

describe("bodies", () => {
  const json = { "content-type": "application/json" };

  test.each([
    ["malformed JSON", json, '{"index":'],
    ["a number", json, "1"],
    ["null", json, "null"],
    ["an array", json, "[]"],
    ["nothing", json, ""],
    ["another type", { "content-type": "text/plain" }, '{"index":"notes","query":"x"}'],
    ["no type", {}, '{"index":"notes","query":"x"}'],
    ["a form", { "content-type": "application/x-www-form-urlencoded" }, "index=notes"],
    ["bytes that are no UTF-8", json, Buffer.from([0x7b, 0xff, 0xfe, 0x7d])],
    ["a thousand levels", json, `${"[".repeat(1_000)}${"]".repeat(1_000)}`],
  ])("%s where JSON is asked for", async (_, headers, body) => {
    const request = { method: "POST", headers, body };
    await refused(await send(lake.url("serve"), "/vectors/search", request), [400, 415]);
    for (const route of ["/ingest/path", "/vectors/index", "/vectors/hnsw/trial", "/fleet/ingest/scale"])
      await refused(await send(lake.url("api"), route, request), [400, 415]);
  });

  test.each(["announced", "in chunks"])("more than 8 MiB of JSON, %s", async (how) => {
    const body = JSON.stringify({ index: "notes", query: "x".repeat(9 << 20) });
    const headers = how === "announced" ? json : { ...json, "transfer-encoding": "chunked" };
    const post = (url: string, route: string) =>
      how === "announced"
        ? send(url, route, { method: "POST", headers, body })
        : sendChunked(url, route, headers, body);
    expect(await refused(await post(lake.url("serve"), "/vectors/search"), [413])).toBe("body-size");
    for (const route of ["/ingest/path", "/vectors/index", "/fleet/ingest/scale"])
      expect(await refused(await post(lake.url("api"), route), [413])).toBe("body-size");
  });

  test.each([
    ["an index that is not there", { index: "nowhere", query: "x" }, 404, "index-missing"],
    ["neither query nor vector", { index: "notes" }, 400, "search-query"],
    ["k = 0", { index: "notes", query: "x", k: 0 }, 400, "request-invalid"],
    ["k = 1.5", { index: "notes", query: "x", k: 1.5 }, 400, "request-invalid"],
    ["k beyond its bound", { index: "notes", query: "x", k: 1e9 }, 400, "request-invalid"],
    ["a field that nobody knows", { index: "notes", query: "x", limt: 1 }, 400, "request-invalid"],
    ["65,536 dimensions", { index: "notes", vector: Array(65_536).fill(0.5) }, 400, "vector-dimension"],
    ["65,537 dimensions", { index: "notes", vector: Array(65_537).fill(0.5) }, 400, "request-invalid"],
    ["no dimensions", { index: "notes", vector: [] }, 400, "request-invalid"],
    ["a wrong dimension", { index: "notes", vector: [1, 2, 3] }, 400, "vector-dimension"],
    [
      "NaN, which JSON writes as null",
      { index: "notes", vector: Array(768).fill(Number.NaN) },
      400,
      "request-invalid",
    ],
    [
      "numbers beyond single precision",
      { index: "notes", vector: Array(768).fill(1e300) },
      400,
      "vector-value",
    ],
    [
      "a filter by a column that is not there",
      { index: "notes", query: "x", filter: { nope: 1 } },
      400,
      "filter-column",
    ],
    [
      "a filter by a column of every object",
      { index: "notes", query: "x", filter: { constructor: 1 } },
      400,
      "filter-column",
    ],
    [
      "an operator that is not there",
      { index: "notes", query: "x", filter: { year: { near: 1 } } },
      400,
      "filter-operator",
    ],
    [
      "a value of another type",
      { index: "notes", query: "x", filter: { year: "' OR 1=1" } },
      400,
      "filter-value",
    ],
    ["a filter too deep", { index: "notes", query: "x", filter: nested(500) }, 400, "filter-size"],
    [
      "a filter too wide",
      { index: "notes", query: "x", filter: { or: Array(1_000).fill({ year: 1 }) } },
      400,
      "filter-size",
    ],
    ["a filter that is a list", { index: "notes", query: "x", filter: [] }, 400, "request-invalid"],
    [
      "a generation that is not there",
      { index: "notes", query: "x", generation: "g00000009-0123456789abcdef" },
      404,
      "generation-missing",
    ],
  ])("a search with %s", async (_, body, status, type) => {
    expect(await refused(await postJson(lake.url("serve"), "/vectors/search", body), [status])).toBe(type);
  });

  test("queries are bounded", async () => {
    const routes = ["/jobs?limit=0", "/jobs?limit=x", "/jobs?queue=nope", "/jobs?state=nope"];
    for (const route of routes)
      expect(await refused(await send(lake.url("api"), route), [400])).toBe("request-invalid");
    const pages = ["limit=0", "limit=1e9", "offset=-1", "offset=x", "version=0"];
    for (const page of pages) {
      const route = `/catalog/datasets/by-name/notes/rows?${page}`;
      expect(await refused(await send(lake.url("serve"), route), [400])).toBe("request-invalid");
    }
    await refused(await send(lake.url("serve"), "/catalog/datasets/by-name/notes/rows?version=99"), [404]);
    await refused(await send(lake.url("serve"), "/vectors/indexes/notes?missing=1&after=-1"), [400]);
  });

  test("what is not there is 404", async () => {
    await refused(await send(lake.url("api"), "/jobs/ingest/01m7wg6v85a164dg74jcxpmazg.ingest"), [404]);
    await refused(
      await send(lake.url("api"), "/jobs/ingest/01m7wg6v85a164dg74jcxpmazg.ingest/events"),
      [404],
    );
    await refused(await send(lake.url("serve"), "/catalog/datasets/by-name/nowhere"), [404]);
    await refused(await send(lake.url("serve"), "/vectors/indexes/nowhere"), [404]);
    await refused(await send(lake.url("api"), "/nowhere"), [404]);
    const index = await postJson(lake.url("api"), "/vectors/index", { index: "other", dataset: "nowhere" });
    expect(await refused(index, [404])).toBe("dataset-missing");
  });
});

describe("uploads", () => {
  afterEach(async () => {
    await waitFor("no upload to be left behind", 10_000, async () => (await readdir(uploads)).length <= kept);
  });
  /** A failed job keeps its upload, so that it can be retried. */
  let kept = 0;
  beforeAll(async () => {
    kept = (await readdir(uploads)).length;
  });
  const dataset: Part = { name: "dataset", content: "forms" };
  const file: Part = { name: "file", fileName: "a.csv", content: "a\n1\n" };
  const post = (parts: readonly Part[]) =>
    send(lake.url("api"), "/ingest/file", { method: "POST", ...formOf(parts) });

  test.each<[string, Part[], string]>([
    ["no file", [dataset], "body-file"],
    ["no parts", [], "body-file"],
    ["two files", [dataset, file, file], "body-file"],
    ["a file in another part", [dataset, { ...file, name: "upload" }], "body-file"],
    ["all fields after the file", [file, dataset], "body-order"],
    ["one field more after the file", [dataset, file, { name: "mode", content: "append" }], "body-order"],
    ["a field of a megabyte", [dataset, { name: "key", content: "x".repeat(1 << 20) }, file], "body-field"],
    [
      "a hundred fields",
      [...Array.from({ length: 100 }, (_, at) => ({ name: `f${at}`, content: "" })), file],
      "body-field",
    ],
    ["the same field twice", [dataset, dataset, file], "body-field"],
    ["a field that nobody knows", [dataset, { name: "colour", content: "red" }, file], "request-invalid"],
    ["a field named __proto__", [dataset, { name: "__proto__", content: "x" }, file], "request-invalid"],
    ["no dataset", [file], "request-invalid"],
    ["a mode that is not there", [dataset, { name: "mode", content: "delete" }, file], "request-invalid"],
    ["an upsert without a key", [dataset, { name: "mode", content: "upsert" }, file], "request-invalid"],
    [
      "a chunk size that is no number",
      [dataset, { name: "chunk_size", content: "big" }, file],
      "request-invalid",
    ],
    [
      "a hundred text columns",
      [dataset, { name: "text_columns", content: Array(100).fill("a").join() }, file],
      "request-invalid",
    ],
    [
      "an embedder that is not there",
      [dataset, { name: "text_columns", content: "a" }, { name: "embedder", content: "gpt" }, file],
      "embedder-unknown",
    ],
    [
      "an overlap as long as a chunk",
      [
        dataset,
        { name: "text_columns", content: "a" },
        { name: "chunk_size", content: "100" },
        { name: "overlap", content: "100" },
        file,
      ],
      "chunk-overlap",
    ],
    [
      "a file of unknown bytes",
      [dataset, { name: "file", fileName: "x.bin", content: Buffer.alloc(4_096) }],
      "upload-format",
    ],
  ])("%s", async (_, parts, type) => {
    expect(await refused(await post(parts), [400, 422])).toBe(type);
  });

  test("another dataset's index", async () => {
    const parts = [
      dataset,
      { name: "text_columns", content: "a" },
      { name: "index", content: "notes" },
      file,
    ];
    expect(await refused(await post(parts), [409])).toBe("index-taken");
  });

  test("forms that are none", async () => {
    const { headers, body } = formOf([dataset, file]);
    const all = [
      { headers: {}, body },
      { headers: { "content-type": "application/json" }, body: "{}" },
      { headers: { "content-type": "multipart/form-data" }, body },
      { headers: { "content-type": "multipart/form-data; boundary=" }, body },
      { headers: { "content-type": "multipart/form-data; boundary=other" }, body },
      { headers, body: "" },
      { headers, body: body.subarray(0, body.length - 30) },
      { headers, body: body.subarray(0, 40) },
      { headers, body: body.toString("latin1").replace('name="dataset"', "x") },
      {
        headers,
        body: body.toString("latin1").replace("content-disposition: form-data", "\u0000broken header"),
      },
    ];
    for (const request of all)
      await refused(await send(lake.url("api"), "/ingest/file", { method: "POST", ...request }), [400, 415]);
  });

  test("a large file with a wrong field is answered, not cut off", async () => {
    const large = { ...file, content: Buffer.alloc(32 << 20, "1\n") };
    expect(await refused(await post([{ ...dataset, content: "../x" }, large]))).toBe("request-invalid");
    const form = new FormData();
    form.set("dataset", "../x");
    form.set("file", new Blob([large.content]), "a.csv");
    expect((await fetch(`${lake.url("api")}/ingest/file`, { method: "POST", body: form })).status).toBe(400);
  });

  test("a client that goes away in the middle leaves nothing behind", async () => {
    const { headers, body } = formOf([dataset, { ...file, content: Buffer.alloc(4 << 20, "1\n") }]);
    const { hostname, port } = new URL(lake.url("api"));
    const length = { "content-length": String(body.length) };
    const sent = http.request({
      hostname,
      port,
      path: "/ingest/file",
      method: "POST",
      headers: { ...headers, ...length },
    });
    sent.on("error", () => undefined);
    sent.write(body.subarray(0, body.length / 2));
    await waitFor("the upload to be under way", 10_000, async () => (await readdir(uploads)).length > kept);
    sent.destroy();
    await waitFor("the upload to be gone", 10_000, async () => (await readdir(uploads)).length === kept);
    expect((await send(lake.url("api"), "/health")).status).toBe(200);
  });

  test("an empty file is refused or is a table without rows, and says so", async () => {
    for (const name of ["a.csv", "a.json", "a.ndjson", "a.parquet", "a.pdf", "a.txt", "a"]) {
      const answer = await post([
        { name: "dataset", content: "empty" },
        { name: "index", content: "none" },
        { ...file, fileName: name, content: "" },
      ]);
      if (answer.status !== 202) {
        await refused(answer, [400, 422]);
        continue;
      }
      const job = await endOf(lake.url("api"), jobUrlOf(answer));
      if (job.state === "completed") continue;
      expect([name, job.state, job.error?.status]).toEqual([name, "failed", 422]);
      kept++;
    }
  });

  const pdfs = sharedData("pdf");
  (pdfs === undefined ? notRun : test)("a broken PDF gives its text or a clear problem", async () => {
    for (const name of readdirSync(pdfs!).filter((entry) => entry.endsWith(".pdf"))) {
      const parts = [
        { name: "dataset", content: "papers" },
        { name: "index", content: "none" },
      ];
      const answer = await post([
        ...parts,
        { name: "file", fileName: name, content: readFileSync(path.join(pdfs!, name)) },
      ]);
      const job = answer.status === 202 ? await endOf(lake.url("api"), jobUrlOf(answer)) : undefined;
      if (job?.state === "completed") continue;
      if (job !== undefined) kept++;
      expect([name, job?.error ?? problemOf(answer)]).toEqual([
        name,
        expect.objectContaining({ status: 422, type: expect.stringMatching(/^pdf-/) }),
      ]);
    }
  });
});

describe("a fleet that cannot take more", () => {
  test("without Redis new work is 503 within two seconds, and everything that reads still answers", async () => {
    const { inbox } = dataLayout(lake.dataFolder);
    await writeFile(path.join(inbox, "late.csv"), "a\n1\n");
    await lake.redis.kill();
    try {
      const requests = [
        () =>
          upload(
            lake.url("api"),
            { dataset: "late" },
            { name: "late.csv", content: Buffer.alloc(4 << 20, "1\n") },
          ),
        () => postJson(lake.url("api"), "/ingest/path", { dataset: "late", path: "late.csv" }),
        () => postJson(lake.url("api"), "/vectors/index", { index: "notes", dataset: "notes" }),
        () => send(lake.url("api"), "/vectors/refresh/notes", { method: "POST" }),
        () => send(lake.url("api"), "/fleet"),
      ];
      for (const request of requests) {
        const startedAt = performance.now();
        const answer = await request();
        expect(performance.now() - startedAt).toBeLessThan(2_000);
        expect(await refused(answer, [503])).toBe("redis-down");
        expect(Number(answer.headers["retry-after"])).toBeGreaterThan(0);
      }
      expect((await send(lake.url("api"), "/ready")).status).toBe(503);
      expect((await send(lake.url("api"), "/metrics")).status).toBe(200);
      expect((await send(lake.url("api"), "/jobs")).status).toBe(200);
      for (const route of [
        "/catalog/datasets",
        "/catalog/datasets/by-name/notes/rows",
        "/vectors/indexes/notes",
      ])
        expect((await send(lake.url("serve"), route)).status).toBe(200);
      expect(
        (await postJson(lake.url("serve"), "/vectors/search", { index: "notes", query: "chain" })).status,
      ).toBe(200);
    } finally {
      await lake.redis.start();
    }
  });

  test("a queue at its limit is 429, and takes work again once there is room", async () => {
    vi.stubEnv("LAKEFLEET_QUEUE_DEPTH_MAX", "1");
    await lake.kill("ingest");
    await lake.start("api");
    const post = () =>
      upload(lake.url("api"), { dataset: "deep", index: "none" }, { name: "a.csv", content: "a\n1\n" });
    const first = jobUrlOf(await post());
    const second = await post();
    expect(await refused(second, [429])).toBe("queue-full");
    expect(Number(second.headers["retry-after"])).toBeGreaterThan(0);
    await lake.start("ingest");
    expect(await endOf(lake.url("api"), first)).toMatchObject({ state: "completed" });
    expect(
      await endOf(
        lake.url("api"),
        jobUrlOf(
          await waitFor("room in the queue", 10_000, async () => {
            const answer = await post();
            return answer.status === 202 ? answer : undefined;
          }),
        ),
      ),
    ).toMatchObject({ state: "completed", result: { noop: true } });
    vi.unstubAllEnvs();
  });
});

function nested(depth: number): Record<string, unknown> {
  let filter: Record<string, unknown> = { year: 1 };
  for (let level = 0; level < depth; level++) filter = { not: filter };
  return filter;
}

function sendChunked(
  url: string,
  route: string,
  headers: Record<string, string>,
  body: string,
): Promise<Answer> {
  const { hostname, port } = new URL(url);
  return new Promise((resolve, reject) => {
    const sent = http.request({ hostname, port, path: route, method: "POST", headers });
    sent.once("response", async (response) => {
      const chunks: Buffer[] = [];
      for await (const chunk of response) chunks.push(chunk);
      resolve({
        status: response.statusCode ?? 0,
        headers: response.headers,
        text: Buffer.concat(chunks).toString(),
      });
    });
    sent.once("error", reject);
    for (let at = 0; at < body.length; at += 1 << 20) sent.write(body.slice(at, at + (1 << 20)));
    sent.end();
  });
}
