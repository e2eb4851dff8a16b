import type { Command } from "commander";
import { type CliContext, contextOf, print } from "../context.ts";
import { followJob } from "../follow-job.ts";

interface Profile {
  id: string;
  version: number;
  description: string;
  generator: string | null;
  embedder: string | null;
  datasets: string[];
  indexes: string[];
  backend: string | null;
  bucket: string;
}

interface ActiveProfile {
  profile: string | null;
  since: string | null;
  models: { server: string; model: string }[];
  indexes: { index: string; open: boolean }[];
}

interface Activation {
  profile: string | null;
  activation: number;
  job?: { url: string };
  indexes?: { index: string; job: { url: string } }[];
}

export function addProfileCommands(program: Command): void {
  const profiles = program.command("profiles").description("models bound to what is seen under them");
  profiles
    .command("list", { isDefault: true })
    .description("every profile, and which one is active")
    .action(async (_options: unknown, command: Command) => {
      const context = contextOf(command);
      const answer = await context.client.get<{ profiles: Profile[] }>("/models");
      const active = await context.client.get<ActiveProfile>("/vectors/profile/active");
      print(context, { ...answer, active: active.profile }, () =>
        answer.profiles.length === 0
          ? ["There is no profile yet; POST /models makes one."]
          : answer.profiles.map((profile) => lineOf(profile, active.profile)),
      );
    });
  profiles
    .command("show <id>")
    .description("what a profile is bound to, and whether it is warm")
    .action(async (id: string, _options: unknown, command: Command) => {
      const context = contextOf(command);
      const profile = await context.client.get<Profile>(`/models/${encodeURIComponent(id)}`);
      const active = await context.client.get<ActiveProfile>("/vectors/profile/active");
      const isActive = active.profile === id;
      print(context, { ...profile, active: isActive }, () =>
        describe(profile, isActive ? active : undefined),
      );
    });
  for (const verb of ["activate", "deactivate"] as const) {
    profiles
      .command(`${verb} <id>`)
      .description(
        verb === "activate" ? "load its models and open its indexes" : "let its models leave memory",
      )
      .option("--no-wait", "return once the request is accepted")
      .action(async (id: string, options: { wait: boolean }, command: Command) => {
        await change(contextOf(command), { id, verb, wait: options.wait });
      });
  }
}

async function change(
  context: CliContext,
  { id, verb, wait }: { id: string; verb: "activate" | "deactivate"; wait: boolean },
): Promise<void> {
  const path = `/vectors/profile/${encodeURIComponent(id)}/${verb}`;
  const outcome = await context.client.post<Activation>(path, { actor: "cli" });
  const jobs = [outcome.job, ...(outcome.indexes ?? []).map(({ job }) => job)].flatMap(
    (job) => job?.url ?? [],
  );
  if (wait) for (const url of new Set(jobs)) await followJob(context.client, url);
  const state = outcome.profile === null ? "no profile is active" : `${outcome.profile} is active`;
  const rest = wait ? [] : jobs.map((url) => `accepted: ${url}`);
  print(context, outcome, () => [`${state} (activation ${outcome.activation})`, ...rest]);
}

function lineOf(profile: Profile, active: string | null): string {
  const { id, generator, embedder, indexes, backend } = profile;
  const models = [generator, embedder].filter((model) => model !== null).join(", ");
  const mark = id === active ? ", active" : "";
  return `${id}: ${models}; ${indexes.join(", ") || "no index"}${backend === null ? "" : ` (${backend})`}${mark}`;
}

function describe(profile: Profile, active: ActiveProfile | undefined): string[] {
  const { id, version, description, generator, embedder, datasets, backend, bucket } = profile;
  const open = new Set(active?.indexes.flatMap(({ index, open }) => (open ? index : [])));
  const indexes = profile.indexes.map((index) => `${index}${open.has(index) ? " (open)" : ""}`);
  return [
    `${id}, version ${version}${active === undefined ? "" : `, active since ${active.since}`}`,
    ...(description === "" ? [] : [`  ${description}`]),
    `  generator ${generator ?? "none"}, embedder ${embedder ?? "none"}`,
    `  datasets ${datasets.join(", ") || "none"}, in the bucket ${bucket}`,
    `  indexes ${indexes.join(", ") || "none"}${backend === null ? "" : `, searched by ${backend}`}`,
  ];
}
