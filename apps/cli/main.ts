import { Command, CommanderError } from "commander";
import { CliError } from "./cli-error.ts";
import { addAgentCommands } from "./commands/agent.ts";
import { addAskCommand } from "./commands/ask.ts";
import { addCertificateCommands } from "./commands/certificate.ts";
import { addDatasetCommand } from "./commands/dataset.ts";
import { addDoctorCommand } from "./commands/doctor.ts";
import { addEvalCommands } from "./commands/evals.ts";
import { addIndexCommands } from "./commands/indexes.ts";
import { addIngestCommand } from "./commands/ingest.ts";
import { addJobsCommand } from "./commands/jobs.ts";
import { addMigrateModelCommands } from "./commands/migrate-model.ts";
import { addProfileCommands } from "./commands/profiles.ts";
import { addRefreshCommands } from "./commands/refresh.ts";
import { addScheduleCommands } from "./commands/schedules.ts";
import { addSearchCommand } from "./commands/search.ts";
import { addSpendCommands } from "./commands/spend.ts";
import { addStartCommand } from "./commands/start.ts";
import { addStatusCommand } from "./commands/status.ts";
import { addTrialCommands } from "./commands/trials.ts";
import { addVerifyCommand } from "./commands/verify.ts";
import { addWatchCommand } from "./commands/watch.ts";
import { addWatchesCommand } from "./commands/watches.ts";

const program = new Command("lakefleet")
  .description(
    "Turns files and tables into versioned vector indexes and SQL-ready datasets, and accounts for every row.",
  )
  .option("--url <url>", "the fleet's address (default: http://127.0.0.1:$LAKEFLEET_PORT)")
  .option("--json", "print JSON for machines")
  .configureOutput({
    outputError: (text, write) =>
      write(`lakefleet: ${text.replace(/^error: /, "").trim()} (--help tells more)\n`),
  })
  .exitOverride();

addStartCommand(program);
addIngestCommand(program);
addWatchCommand(program);
addWatchesCommand(program);
addScheduleCommands(program);
addSearchCommand(program);
addAskCommand(program);
addStatusCommand(program);
addJobsCommand(program);
addDatasetCommand(program);
addIndexCommands(program);
addMigrateModelCommands(program);
addRefreshCommands(program);
addAgentCommands(program);
addEvalCommands(program);
addCertificateCommands(program);
addTrialCommands(program);
addSpendCommands(program);
addProfileCommands(program);
addVerifyCommand(program);
addDoctorCommand(program);

try {
  await program.parseAsync();
} catch (error) {
  process.exitCode = exitCodeOf(error);
}

/** Bad input ends with 2, everything else that failed with 1; a defect keeps its stack. */
function exitCodeOf(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
  if (error instanceof CliError) {
    process.stderr.write(`lakefleet: ${error.message}\n`);
    return error.exitCode;
  }
  process.stderr.write(`lakefleet: ${error instanceof Error ? error.stack : String(error)}\n`);
  return 1;
}
