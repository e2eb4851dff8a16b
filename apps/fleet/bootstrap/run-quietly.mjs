import { spawn } from "node:child_process";

// The end of a long build log says what failed.
const keptCharacters = 20_000;

/**
 * Runs a program and keeps the end of what it writes. Resolves with its exit code (undefined where it could not start)
 * and that text.
 */
export function runQuietly(program, parameters, options = {}) {
  return new Promise((resolve) => {
    const child = spawn(program, parameters, { ...options, stdio: ["ignore", "pipe", "pipe"] });
    let output = "";
    const take = (chunk) => {
      output = (output + chunk).slice(-keptCharacters);
    };
    child.stdout.on("data", take);
    child.stderr.on("data", take);
    child.once("error", (error) => resolve({ code: undefined, output: error.message }));
    child.once("close", (code) => resolve({ code: code ?? 1, output }));
  });
}

/** The output of a program that must succeed. */
export async function capture(program, parameters, options = {}) {
  const { code, output } = await runQuietly(program, parameters, options);
  if (code !== 0) throw new Error(`${program} ${parameters.join(" ")} failed: ${output.trim()}`);
  return output;
}
