import { spawn } from "node:child_process";
import { once } from "node:events";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

const telemetry = fileURLToPath(new URL("./telemetry.ts", import.meta.url));
const lines = 2_000;

/** A process that is up: told to, it logs its lines and exits with 3 in the same turn. */
async function startLogger() {
  const script = `
    import { createTelemetry } from ${JSON.stringify(telemetry)};
    const { log } = createTelemetry({ service: "test", level: "info" });
    process.stdin.once("data", () => {
      for (let line = 0; line < ${lines}; line += 1) log.info({ line }, "last words");
      process.exit(3);
    });
    process.stdout.end("up");
  `;
  const child = spawn(process.execPath, ["--input-type=module", "--eval", script], {
    stdio: ["pipe", "pipe", "pipe"],
  });
  expect(await text(child.stdout)).toBe("up");
  return child;
}

test("what a process logs in its last turn is written before it exits", async () => {
  const child = await startLogger();
  const written = text(child.stderr);
  child.stdin.write("go");
  expect(await once(child, "exit")).toEqual([3, null]);
  expect((await written).match(/"last words"/g)).toHaveLength(lines);
});

test("a process whose log nobody reads any more exits all the same", async () => {
  const child = await startLogger();
  child.stderr.destroy();
  child.stdin.write("go");
  expect(await once(child, "exit")).toEqual([3, null]);
});
