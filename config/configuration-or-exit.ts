import { type Configuration, readConfiguration } from "./schema.ts";

/** For a process's first line: the configuration, or every problem in it on stderr and exit code 2. */
export function configurationOrExit(): Configuration {
  const result = readConfiguration();
  if (result.ok) return result.configuration;
  for (const problem of result.problems) process.stderr.write(`lakefleet: ${problem}\n`);
  process.exit(2);
}
