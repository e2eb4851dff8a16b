import { dataLayout } from "@lakefleet/config/layout.ts";
import type { Configuration } from "@lakefleet/config/schema.ts";
import { openSecrets } from "../storage/secrets.ts";
import type { EmbeddersOptions } from "./open-embedders.ts";

/** The models of the configuration, and the way to the keys of their servers. */
export function modelAccess(configuration: Configuration): Pick<EmbeddersOptions, "models" | "readSecret"> {
  const folder = dataLayout(configuration.dataFolder).secrets;
  const secrets = openSecrets({ folder, environment: configuration.secrets });
  return { models: configuration.models, readSecret: (name) => secrets.read(name) };
}
