import type { Command } from "commander";
import { type CliContext, contextOf, print } from "../context.ts";

interface Measured {
  recall: number;
  p50_ms: number;
  parameters: Record<string, unknown>;
}

interface Status {
  index: string;
  session: number;
  state: string;
  proposer: string;
  thinks: { action: string; why: string } | null;
  champion: Measured | null;
  serving: Measured | null;
  trials_left: number | null;
}

interface StartOptions {
  proposer?: string;
  recallTarget?: number;
  trials?: number;
  evalSet?: string;
}

export function addAgentCommands(program: Command): void {
  const agent = program.command("agent").description("the worker that tunes indexes by itself");
  agent
    .command("status [index]")
    .description("what it does about each index, and why")
    .action(async (index: string | undefined, _options, command: Command) => {
      const context = contextOf(command);
      const query = index === undefined ? "" : `?index=${encodeURIComponent(index)}`;
      const status = await context.client.get<{ paused: boolean; indexes: Status[] }>(
        `/vectors/agent/status${query}`,
      );
      print(context, status, () => statusLines(status));
    });
  agent
    .command("start <index>")
    .description("begin a session")
    .option("--proposer <name>", "random, grid, epsilon-greedy, bayesian or halving")
    .option("--recall-target <share>", "the recall that a configuration must reach", Number)
    .option("--trials <count>", "trials at most", Number)
    .option("--eval-set <name>", "whose queries are asked")
    .action(async (index: string, options: StartOptions, command: Command) => {
      const context = contextOf(command);
      const { proposer, recallTarget, trials, evalSet } = options;
      const body = { proposer, recall_target: recallTarget, trials_max: trials, eval_set: evalSet };
      const path = `/vectors/agent/enqueue/${encodeURIComponent(index)}`;
      const session = await context.client.post<{ session: number }>(path, body);
      print(context, session, () => [`Session ${session.session} of ${index}; see: lakefleet agent status`]);
    });
  agent
    .command("stop <index>")
    .description("end the session of an index")
    .action(async (index: string, _options, command: Command) => {
      const context = contextOf(command);
      const stopped = await context.client.post(`/vectors/agent/stop/${encodeURIComponent(index)}`, {});
      print(context, stopped, () => [`The session of ${index} is stopped.`]);
    });
  for (const [name, done] of [
    ["pause", "paused"],
    ["resume", "running"],
  ] as const) {
    agent
      .command(`${name} [index]`)
      .description(`${name} it for one index, or for all`)
      .action(async (index: string | undefined, _options, command: Command) => {
        await switchAgent(contextOf(command), { name, index, done });
      });
  }
}

async function switchAgent(
  context: CliContext,
  { name, index, done }: { name: string; index: string | undefined; done: string },
): Promise<void> {
  const answer = await context.client.post(`/vectors/agent/${name}`, index === undefined ? {} : { index });
  print(context, answer, () => [`The agent is ${done} for ${index ?? "every index"}.`]);
}

function statusLines({ paused, indexes }: { paused: boolean; indexes: Status[] }): string[] {
  const heading = paused ? ["The agent is paused."] : [];
  if (indexes.length === 0)
    return [...heading, "No index has a session; begin one: lakefleet agent start <index>"];
  return [...heading, ...indexes.flatMap(linesOf)];
}

function linesOf(status: Status): string[] {
  const { index, session, state, proposer, thinks, trials_left } = status;
  return [
    `${index}  session ${session}, ${state}, ${proposer}${trials_left === null ? "" : `, ${trials_left} trials left`}`,
    `  ${thinks ? `${thinks.action}: ${thinks.why}` : "not looked at yet"}`,
    ...(status.serving ? [`  serves    ${measuredLine(status.serving)}`] : []),
    ...(status.champion ? [`  champion  ${measuredLine(status.champion)}`] : []),
  ];
}

function measuredLine({ recall, p50_ms, parameters }: Measured): string {
  const fields = Object.entries(parameters).map(([name, value]) => `${name} ${value}`);
  return `recall ${recall.toFixed(4)}, p50 ${p50_ms.toFixed(3)} ms: ${fields.join(", ")}`;
}
