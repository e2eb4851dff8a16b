import { configurationOrExit } from "@lakefleet/config/configuration-or-exit.ts";
import { DomainError } from "@lakefleet/lib/errors/domain-error.ts";
import { runFleet } from "./run-fleet.ts";

// Exit codes: 0 stopped when asked, 2 not started because of something the person can mend, 1 everything else.
const configuration = configurationOrExit();
try {
  await runFleet(configuration);
  process.exit(0);
} catch (error) {
  if (!(error instanceof DomainError)) throw error;
  process.stderr.write(
    `lakefleet: ${error.message}${error.remedy === undefined ? "" : ` ${error.remedy}`}\n`,
  );
  process.exit(2);
}
