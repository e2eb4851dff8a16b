import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { expect } from "vitest";

export const commandLineProgram = fileURLToPath(new URL("../../apps/cli/bin/lakefleet.mjs", import.meta.url));

export interface Ended {
  code: number;
  stdout: string;
  stderr: string;
}

/** Runs `lakefleet` as a person does, against the fleet at the address. */
export function runLakefleet(
  fleet: { url: string; dataFolder: string },
  words: readonly string[],
): Promise<Ended> {
  const env = { ...process.env, LAKEFLEET_DATA: fleet.dataFolder, REDIS_URL: "" };
  const parameters = [commandLineProgram, "--url", fleet.url, ...words];
  return new Promise((resolve) => {
    execFile(process.execPath, parameters, { env }, (error, stdout, stderr) =>
      resolve({ code: error === null ? 0 : Number(error.code), stdout, stderr }),
    );
  });
}

/** Good for a machine: one line of JSON, nothing else, exit code 0. */
export function jsonOf({ code, stdout, stderr }: Ended): unknown {
  expect([code, stderr, stdout.trimEnd().split("\n").length]).toEqual([0, "", 1]);
  return JSON.parse(stdout);
}
