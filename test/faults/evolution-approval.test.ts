import type { FailpointName } from "@lakefleet/lib/storage/failpoint.ts";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type FaultLake, openFaultLake } from "../support/fault-lake.ts";
import { findDamage, sendAll, settleAll } from "../support/fault-run.ts";
import { postJson, problemOf, send } from "../support/lake-client.ts";
import { waitFor } from "../support/wait-for.ts";

let lake: FaultLake;
beforeAll(async () => {
  lake = await openFaultLake();
  await Promise.all([lake.startTogether(["serve", "ingest", "embed", "index"]), lake.start("api")]);
}, 120_000);
afterAll(() => lake.close());

const read = async (path: string) => JSON.parse((await send(lake.url("serve"), path)).text);

const kills: [FailpointName, "is not there" | "is there"][] = [
  ["evolve.before-commit", "is not there"],
  ["evolve.after-commit", "is there"],
];

test.each(kills)(
  "an approval whose api is killed at %s %s, whole, and is never made twice",
  async (name, outcome) => {
    const dataset = `evolved-${name.replaceAll(".", "-")}`;
    await settleAll(lake, await sendAll(lake, dataset).urls);
    const home = `/catalog/datasets/by-name/${dataset}`;
    const before = await read(home);
    const approval = {
      action: "approve",
      version: before.version,
      rules: [
        { kind: "default", column: "stock", value: 7 },
        { kind: "rename", from: "id", to: "number" },
      ],
      approved_by: "ann",
    };
    const approve = () => postJson(lake.url("api"), `${home}/evolve`, approval);

    await lake.arm("api", { name, pass: 1 });
    await expect(approve()).rejects.toThrow();
    await waitFor("the api to be killed", 60_000, () => !lake.isRunning("api"));
    await lake.start("api");
    const { columns, version } = await read(home);
    const names = columns.map((column: { name: string }) => column.name);
    expect([version - before.version, names]).toEqual(
      outcome === "is there" ? [1, ["number", "file", "text", "stock"]] : [0, ["id", "file", "text"]],
    );

    // Who got no answer asks again.
    const again = await approve();
    if (outcome === "is there") expect(problemOf(again)).toMatchObject({ type: "evolution-outdated" });
    else expect(again.status, again.text).toBe(200);
    const { versions } = await read(`${home}/versions`);
    const evolutions = versions.filter(({ evolution }: { evolution: unknown }) => evolution !== null);
    expect(evolutions).toMatchObject([{ version: before.version + 1 }]);
    const { rows } = await read(`${home}/rows?limit=1000`);
    expect(rows).toHaveLength(before.rowCount);
    expect(new Set(rows.map(({ number, stock }: Record<string, unknown>) => `${number} ${stock}`)).size).toBe(
      before.rowCount,
    );
    expect(rows.every(({ stock }: { stock: unknown }) => stock === 7)).toBe(true);
    expect(await findDamage(lake, [dataset])).toEqual([]);
  },
);
