import { describe, expect, test } from "vitest";
import { environmentOf, readConfiguration } from "./schema.ts";

describe("readConfiguration", () => {
  test("reports every problem at once, each with its variable", () => {
    const result = readConfiguration({ LAKEFLEET_PORT: "70000", LAKEFLEET_LOG: "loud", LAKEFLEET_DATA: "" });
    if (result.ok) throw new Error("a wrong environment was accepted");
    expect(result.problems.map((problem) => problem.split(":")[0])).toEqual([
      "LAKEFLEET_DATA",
      "LAKEFLEET_PORT",
      "LAKEFLEET_LOG",
    ]);
  });

  test("a child that is given its parent's environment reads the same configuration", () => {
    const parent = readConfiguration({
      LAKEFLEET_DATA: "some/where",
      LAKEFLEET_PORT: "0",
      LAKEFLEET_LOG: "debug",
      LAKEFLEET_INGEST_ROOTS: "/srv/a:/srv/b",
      REDIS_URL: "redis://queue:6379",
    });
    if (!parent.ok) throw new Error(parent.problems.join("; "));
    const child = readConfiguration(environmentOf(parent.configuration));
    if (!child.ok) throw new Error(child.problems.join("; "));
    expect({ ...child.configuration, showLogs: false }).toEqual({ ...parent.configuration, showLogs: false });
  });
});
