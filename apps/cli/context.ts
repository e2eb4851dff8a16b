import { readConfiguration } from "@lakefleet/config/schema.ts";
import type { Command } from "commander";
import { CliError } from "./cli-error.ts";
import { HttpClient } from "./http-client.ts";

export interface CliContext {
  client: HttpClient;
  json: boolean;
}

/** The options that every command shares, read off the program. */
export function contextOf(command: Command): CliContext {
  const { url, json } = command.optsWithGlobals<{ url?: string; json?: boolean }>();
  return { client: new HttpClient(url ?? defaultUrl()), json: json === true };
}

export function configurationOrFail() {
  const result = readConfiguration();
  if (!result.ok) throw new CliError(`The configuration is not valid: ${result.problems.join("; ")}`, 2);
  return result.configuration;
}

/** One line of JSON for machines, or the lines for people. */
export function print(context: CliContext, value: unknown, lines: () => string[]): void {
  process.stdout.write(context.json ? `${JSON.stringify(value)}\n` : `${lines().join("\n")}\n`);
}

function defaultUrl(): string {
  const { host, port } = configurationOrFail();
  return `http://${host === "0.0.0.0" ? "127.0.0.1" : host}:${port}`;
}
