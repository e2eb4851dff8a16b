import type { Configuration } from "@lakefleet/config/schema.ts";
import type { AllowedAddresses } from "./dsn.ts";

export function allowedAddresses({ databaseAllow }: Pick<Configuration, "databaseAllow">): AllowedAddresses {
  return {
    files: databaseAllow.includes("files"),
    sockets: databaseAllow.includes("sockets"),
    linkLocal: databaseAllow.includes("link-local"),
  };
}
