import { existsSync } from "node:fs";
import { dataLayout } from "@lakefleet/config/layout.ts";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type FaultLake, openFaultLake } from "../support/fault-lake.ts";
import { postJson, problemOf, send } from "../support/lake-client.ts";

let lake: FaultLake;
beforeAll(async () => {
  lake = await openFaultLake();
  await lake.start("api");
}, 120_000);
afterAll(() => lake.close());

const good = { dsn: "postgres://u:hunter22@127.0.0.1/d", table: "t", dataset: "d" };

describe("a request for a table", () => {
  test.each<[string, object, number, string | undefined]>([
    ["neither dsn nor secret", { ...good, dsn: undefined }, 400, "dsn"],
    ["both dsn and secret", { ...good, secret: "x" }, 400, "dsn"],
    ["neither table nor query", { ...good, table: undefined }, 400, "table"],
    ["both table and query", { ...good, query: "SELECT 1" }, 400, "table"],
    ["a DSN that is none", { ...good, dsn: "not a dsn" }, 400, "dsn"],
    ["the other engine's DSN", { ...good, dsn: "mysql://u:hunter22@h/d" }, 400, "dsn"],
    ["a file of TLS", { ...good, dsn: `${good.dsn}?sslrootcert=/etc/shadow` }, 403, "dsn"],
    ["a unix socket", { ...good, dsn: "postgres://u:hunter22@%2Ftmp/d" }, 403, "dsn"],
    ["the metadata address", { ...good, dsn: "postgres://u:hunter22@169.254.169.254/d" }, 403, "dsn"],
    ["a secret that is not there", { ...good, dsn: undefined, secret: "gone" }, 404, "secret"],
    [
      "a secret's name that leads elsewhere",
      { ...good, dsn: undefined, secret: "../intents/x" },
      400,
      "secret",
    ],
    ["a table of three parts", { ...good, table: "a.b.c" }, 400, "table"],
    ["a dataset that is no name", { ...good, dataset: "../etc" }, 400, "dataset"],
    ["a limit of nothing", { ...good, limit: 0 }, 400, "limit"],
    ["an upsert without a key", { ...good, mode: "upsert" }, 400, "key"],
    ["a cursor with another mode", { ...good, cursor: "c", mode: "append" }, 400, "mode"],
    ["a cursor with a limit", { ...good, cursor: "c", limit: 5 }, 400, "limit"],
    ["a field that there is not", { ...good, sslmode: "require" }, 400, undefined],
    ["a timeout of a day", { ...good, timeout_seconds: 86_400 }, 400, "timeout_seconds"],
  ])("with %s is refused by name, and tells nothing of the DSN", async (_name, body, status, field) => {
    const answer = await postJson(lake.url("api"), "/ingest/db", body);
    expect(answer.text).not.toContain("hunter22");
    const problem = problemOf(answer);
    expect(problem.status).toBe(status);
    expect(problem.field).toBe(field);
    expect(existsSync(dataLayout(lake.dataFolder).secrets)).toBe(false);
  });
});

describe("a schedule", () => {
  const schedule = { name: "s", cron: "0 3 * * *", work: { kind: "refresh", dataset: "d" } };

  test.each<[string, object, string]>([
    ["a bad cron expression", { ...schedule, cron: "every day" }, "cron"],
    ["a minute that there is not", { ...schedule, cron: "99 * * * *" }, "cron"],
    ["a time zone that there is not", { ...schedule, timezone: "Moon/Base" }, "timezone"],
    ["a name that is none", { ...schedule, name: "../x" }, "name"],
    ["work that there is not", { ...schedule, work: { kind: "dance" } }, "work.kind"],
    ["a DSN in its work", { ...schedule, work: { kind: "ingest", from: "postgres", ...good } }, "work.dsn"],
    [
      "an ingest without a table",
      { ...schedule, work: { kind: "ingest", from: "mysql", secret: "s", dataset: "d" } },
      "table",
    ],
  ])("with %s is refused with its field", async (_name, body, field) => {
    const answer = await postJson(lake.url("api"), "/ingest/schedules", body);
    expect(answer.text).not.toContain("hunter22");
    expect(problemOf(answer)).toMatchObject({ status: 400, field });
  });

  test("that is not there cannot be removed", async () => {
    const answer = await send(lake.url("api"), "/ingest/schedules/none", { method: "DELETE" });
    expect(problemOf(answer)).toMatchObject({ status: 404, type: "schedule-missing" });
  });
});
