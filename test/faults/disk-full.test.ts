import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, statfsSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type FaultLake, openFaultLake, roles } from "../support/fault-lake.ts";
import { findDamage, sendAll, settleAll } from "../support/fault-run.ts";
import { waitFor } from "../support/wait-for.ts";

/** Room for the lake of all runs, and small enough to fill in milliseconds. */
const diskMib = 96;
/** Files and folders: some ten times what the lake has. */
const diskNodes = 20_000;

/**
 * A disk of our own that can be filled. Mounting needs root, as CI has; without it this file fails and says so, because
 * a disk that is never full proves nothing.
 */
describe("a disk that is full", () => {
  let folder: string;
  let lake: FaultLake;

  beforeAll(async () => {
    folder = mkdtempSync(path.join(os.tmpdir(), "lakefleet-disk-"));
    execFileSync("mount", ["-t", "tmpfs", "-o", `size=${diskMib}m,nr_inodes=${diskNodes}`, "tmpfs", folder]);
    lake = await openFaultLake({ dataFolder: folder });
    await lake.startTogether(roles);
  }, 60_000);

  afterAll(async () => {
    await lake?.close();
    execFileSync("umount", ["--lazy", folder]);
    rmSync(folder, { recursive: true, force: true });
  });

  test.each([0, 64, 256, 512])(
    "with %i KiB left keeps what was accepted, and goes on once there is room",
    async (leftKib) => {
      const dataset = `full-${leftKib}`;
      const ballast = path.join(folder, "ballast");
      const { bavail, bsize } = statfsSync(folder);
      writeFileSync(ballast, Buffer.alloc(Math.max(0, bavail * bsize - leftKib * 1_024)));
      const sent = sendAll(lake, dataset);
      await waitFor("the full disk to be met", 20_000, async () => {
        const { bavail: left } = statfsSync(folder);
        return left * bsize < 64 * 1_024 || (await sent.refusals()) > 0;
      });
      rmSync(ballast);
      await settleAll(lake, await sent.urls);
      expect(await findDamage(lake, [dataset])).toEqual([]);
    },
    180_000,
  );

  test("takes a worker that starts meanwhile, although there is no room for one more folder", async () => {
    const ballast = path.join(folder, "ballast");
    mkdirSync(ballast);
    const fill = () => {
      for (let file = 0; ; file++) writeFileSync(path.join(ballast, String(file)), "");
    };
    expect(fill).toThrow("ENOSPC");
    lake.startSpare("index");
    await waitFor("two workers of the pool", 30_000, async () => {
      const { pools } = (await (await fetch(`${lake.url("api")}/fleet`)).json()) as {
        pools: { pool: string; workers: unknown[] }[];
      };
      return pools.find(({ pool }) => pool === "index")?.workers.length === 2;
    });
    await lake.killSpares();
    rmSync(ballast, { recursive: true });
  });
});
