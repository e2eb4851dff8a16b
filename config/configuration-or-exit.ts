import { type Configuration, forgetSecrets, readConfiguration } from "./schema.ts";

/**
 * For a process's first line: the configuration, or every problem in it on stderr and exit code 2. From then on its
 * secrets are nowhere else, so what the process starts does not have them.
 */
export function configurationOrExit(): Configuration {
  const result = readConfiguration();
  forgetSecrets();
  if (result.ok) return result.configuration;
  for (const problem of result.problems) process.stderr.write(`lakefleet: ${problem}\n`);
  process.exit(2);
}
