import { CliError } from "./cli-error.ts";

/** The value of an option that takes JSON. */
export function parseOption(name: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new CliError(`${name} is not JSON: ${cause instanceof Error ? cause.message : cause}`, 2);
  }
}
