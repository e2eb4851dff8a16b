import { chmod, mkdtemp, readdir, rm, stat, writeFile } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { openSecrets, type Secrets } from "./secrets.ts";

let folder: string;
let secrets: Secrets;
beforeEach(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), "lakefleet-secrets-"));
  secrets = openSecrets({
    folder: path.join(folder, "secrets"),
    environment: { SHOP: "from the environment" },
  });
});
afterEach(() => rm(folder, { recursive: true, force: true }));

test("what is written is read back, stands in a file for its owner alone, and comes before the environment", async () => {
  expect(await secrets.read("SHOP")).toBe("from the environment");
  await secrets.write("SHOP", "from a file\n");
  expect(await secrets.read("SHOP")).toBe("from a file");
  const { mode } = await stat(path.join(folder, "secrets", "SHOP"));
  expect(mode & 0o777).toBe(0o600);
  await secrets.remove("SHOP");
  await secrets.remove("SHOP");
  expect(await readdir(path.join(folder, "secrets"))).toEqual([]);
});

test("a file that others may read is refused, and its content is not told", async () => {
  await secrets.write("shop", "hunter22");
  const file = path.join(folder, "secrets", "shop");
  await chmod(file, 0o640);
  await expect(secrets.read("shop")).rejects.toMatchObject({ kind: "forbidden", type: "secret-exposed" });
  await expect(secrets.read("shop")).rejects.not.toThrow("hunter22");
});

test("a missing secret is named with the two places where it could be", async () => {
  await expect(secrets.read("gone")).rejects.toMatchObject({ kind: "not-found", field: "secret" });
});

test.each(["../intents", "a/b", "", ".hidden", "a b", "x".repeat(101)])(
  "%j is no name of a secret",
  async (name) => {
    await writeFile(path.join(folder, "intents"), "outside", { mode: 0o600 });
    await expect(secrets.read(name)).rejects.toMatchObject({ kind: "invalid", type: "secret-name" });
  },
);
