import { expect, test } from "vitest";
import { countingTelemetry, createMeteredTelemetry, type MeteredTelemetry } from "./metered-telemetry.ts";

function capture(level: "debug" | "info" | "warn" = "debug") {
  const lines: string[] = [];
  const telemetry = createMeteredTelemetry({
    service: "test",
    level,
    output: { write: (line) => void lines.push(line) },
  });
  return { telemetry, lines, last: (): Record<string, unknown> => JSON.parse(lines.at(-1) ?? "{}") };
}

async function metric(telemetry: MeteredTelemetry, name: string): Promise<string[]> {
  const text = await telemetry.metrics.metrics();
  return text.split("\n").filter((line) => line.startsWith(name));
}

const committed = { dataset: "sales", version: 3, rowCount: 10, durationMs: 250 };

test("an event is one JSON line with its name, its fields and the service", () => {
  const { telemetry, lines, last } = capture();
  telemetry.emit("dataset.committed", committed);
  expect(lines).toHaveLength(1);
  expect(last()).toMatchObject({ ...committed, msg: "dataset.committed", level: "info", service: "test" });
  expect(new Date(String(last().time)).getTime()).toBeGreaterThan(Date.now() - 60_000);
});

test("an event below the level is counted and not logged", async () => {
  const { telemetry, lines } = capture("warn");
  telemetry.emit("dataset.committed", committed);
  expect(lines).toEqual([]);
  expect(await metric(telemetry, "lakefleet_dataset_committed_total")).toEqual([
    'lakefleet_dataset_committed_total{service="test"} 1',
  ]);
});

test("durations become seconds, totals add up, labels split, and a gauge keeps its last value", async () => {
  const telemetry = countingTelemetry();
  const embedded = { index: "i", embedded: 5, reused: 2, failed: 0, durationMs: 250 };
  telemetry.emit("embed.finished", embedded);
  telemetry.emit("embed.finished", embedded);
  telemetry.emit("pool.scaled", { pool: "embed", from: 1, to: 2 });
  telemetry.emit("pool.scaled", { pool: "embed", from: 2, to: 0 });
  telemetry.emit("http.request", { method: "GET", route: "/jobs/{id}", status: 404, durationMs: 2 });
  expect(await metric(telemetry, "lakefleet_embed_finished_seconds_sum")).toEqual([
    'lakefleet_embed_finished_seconds_sum{service="silent"} 0.5',
  ]);
  expect(await metric(telemetry, "lakefleet_embed_finished_embedded_total")).toEqual([
    'lakefleet_embed_finished_embedded_total{service="silent"} 10',
  ]);
  expect(await metric(telemetry, "lakefleet_pool_scaled_to{")).toEqual([
    'lakefleet_pool_scaled_to{pool="embed",service="silent"} 0',
  ]);
  expect(await metric(telemetry, "lakefleet_http_request_total")).toEqual([
    'lakefleet_http_request_total{method="GET",route="/jobs/{id}",status="404",service="silent"} 1',
  ]);
});

test.each([
  [{ password: "s3cret" }],
  [{ connection: { dsn: "s3cret", host: "db" } }],
  [{ request: { headers: { authorization: "s3cret", "x-api-key": "s3cret", "set-cookie": "s3cret" } } }],
  [{ api_key: "s3cret", apiKey: "s3cret", token: { value: "s3cret" } }],
  [{ error: new Error("no route to postgres://me:s3cret@db:5432/shop") }],
  [{ url: "redis://:s3cret@localhost" }],
])("a secret in %j never reaches the log", (fields) => {
  const { telemetry, lines } = capture();
  telemetry.log.info(fields, "connecting");
  telemetry.log.child(fields).info("connecting");
  expect(lines).toHaveLength(2);
  for (const line of lines) {
    expect(line).not.toContain("s3cret");
    expect(line).toContain("[redacted]");
    JSON.parse(line);
  }
});

test("a URL in a message is censored, and one without credentials is left alone", () => {
  const { telemetry, last } = capture();
  telemetry.log.info("trying amqp://user:s3cret@host/x and https://example.org/a@b");
  expect(last().msg).toBe("trying amqp://[redacted]@host/x and https://example.org/a@b");
});

test("an error is logged with its stack", () => {
  const { telemetry, last } = capture();
  telemetry.emit("job.defect", { queue: "embed", jobId: "1", error: new Error("broken") });
  expect(last().error).toMatchObject({
    type: "Error",
    message: "broken",
    stack: expect.stringContaining("at "),
  });
});
