import type { Command } from "commander";
import { type CliContext, contextOf, print } from "../context.ts";
import { parseOption } from "../parse-option.ts";

interface ScheduleView {
  name: string;
  cron: string;
  timezone: string;
  work: Record<string, unknown>;
  next: string;
  last: string | null;
}

export function addScheduleCommands(program: Command): void {
  const schedules = program.command("schedules").description("ingests and refreshes that start by the clock");
  schedules
    .command("list", { isDefault: true })
    .description("every schedule, when it ran last and runs next")
    .action(async (_options: unknown, command: Command) => {
      const context = contextOf(command);
      const answer = await context.client.get<{ schedules: ScheduleView[] }>("/ingest/schedules");
      print(context, answer, () => answer.schedules.map(lineOf));
    });
  schedules
    .command("set <name>")
    .description("create a schedule, or change it")
    .requiredOption("--cron <expression>", "minute, hour, day, month and weekday: '0 3 * * *'")
    .option("--timezone <zone>", "Europe/Berlin (default: UTC)")
    .requiredOption(
      "--work <json>",
      `'{"kind":"refresh","dataset":"orders"}', or what a route of ingest takes`,
    )
    .action(
      async (name: string, options: { cron: string; timezone?: string; work: string }, command: Command) => {
        const { cron, timezone, work } = options;
        const body = { name, cron, timezone, work: parseOption("--work", work) };
        const context = contextOf(command);
        show(context, await context.client.post<ScheduleView>("/ingest/schedules", body));
      },
    );
  schedules
    .command("remove <name>")
    .description("remove a schedule; what it has started goes on")
    .action(async (name: string, _options: unknown, command: Command) => {
      const context = contextOf(command);
      const answer = await context.client.delete<{ removed: string }>(`/ingest/schedules/${name}`);
      print(context, answer, () => [`${answer.removed}: removed`]);
    });
}

function show(context: CliContext, schedule: ScheduleView): void {
  print(context, schedule, () => [lineOf(schedule)]);
}

function lineOf({ name, cron, timezone, work, next, last }: ScheduleView): string {
  return `${name}: ${cron} (${timezone}), ${String(work.kind)}; next ${next}, last ${last ?? "never"}`;
}
