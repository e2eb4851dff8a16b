import { spawnSync } from "node:child_process";
import path from "node:path";
import { afterEach, expect, test } from "vitest";
import { armFailpoints, failpointNames } from "./failpoint.ts";

afterEach(() => armFailpoints(""));

/** Arms in a new process, passes one point three times, and tells how the process ended. */
function passInChild(specification: string): { signal: NodeJS.Signals | null; passed: string } {
  const program = `
    import { armFailpoints, failpoint } from ${JSON.stringify(path.join(import.meta.dirname, "failpoint.ts"))};
    import { writeSync } from "node:fs";
    armFailpoints(${JSON.stringify(specification)});
    for (let time = 1; time <= 3; time += 1) {
      failpoint("storage.after-link");
      writeSync(1, String(time));
    }`;
  const child = spawnSync(process.execPath, ["--input-type=module", "--eval", program], { encoding: "utf8" });
  return { signal: child.signal, passed: child.stdout };
}

test("an armed point kills the process at once", () => {
  expect(passInChild("storage.after-link")).toEqual({ signal: "SIGKILL", passed: "" });
});

test("a point armed with a count kills at that passing", () => {
  const specification = " storage.before-link , storage.after-link:3";
  expect(passInChild(specification)).toEqual({ signal: "SIGKILL", passed: "12" });
});

test("a point that is not armed does nothing", () => {
  expect(passInChild("storage.before-link")).toEqual({ signal: null, passed: "123" });
});

test.each(["storage.after-lunch", "storage.after-link:0", "storage.after-link:x", ":2"])(
  "the specification %j is refused",
  (specification) => {
    expect(() => armFailpoints(specification)).toThrow(
      expect.objectContaining({ kind: "invalid", type: "failpoint-unknown" }),
    );
  },
);

test("no name is listed twice", () => {
  expect(new Set(failpointNames).size).toBe(failpointNames.length);
});
