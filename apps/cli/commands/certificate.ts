import type { Certificate, GateCheck } from "@lakefleet/lib/generation/certificate.ts";
import type { Command } from "commander";
import { CliError } from "../cli-error.ts";
import { contextOf, print } from "../context.ts";
import type { IndexView } from "./status.ts";

interface GateReport {
  index: string;
  generation: string;
  passed: boolean;
  certificate: string | null;
  eval_set: string | null;
  checks: GateCheck[];
  at: string;
}

export function addCertificateCommands(program: Command): void {
  program
    .command("certificate <index> [generation]")
    .description("the proof that a generation may serve; of the active one where none is named")
    .action(async (index: string, named: string | undefined, _options, command: Command) => {
      const context = contextOf(command);
      const base = `/vectors/indexes/${encodeURIComponent(index)}`;
      const generation = named ?? (await context.client.get<IndexView>(base)).active;
      if (generation === null) throw new CliError(`${index} serves nothing yet.`, 1);
      const path = `${base}/generations/${encodeURIComponent(generation)}/certificate`;
      const certificate = await context.client.get<Certificate>(path);
      print(context, certificate, () => certificateLines(certificate));
    });
  program
    .command("gate <index> <generation>")
    .description("what the last gate of a generation measured, beside what was asked for")
    .action(async (index: string, generation: string, _options, command: Command) => {
      const context = contextOf(command);
      const path = `/vectors/indexes/${encodeURIComponent(index)}/generations/${encodeURIComponent(generation)}/gate`;
      const report = await context.client.get<GateReport>(path);
      print(context, report, () => [
        `${report.generation} of ${report.index}: ${report.passed ? "passed" : "FAILED"} on ${report.at}`,
        ...checkLines(report.checks),
      ]);
    });
}

function certificateLines(certificate: Certificate): string[] {
  const { evalSet, fusion, recall, costUsd } = certificate;
  const facts: [string, string][] = [
    ["certificate", certificate.id],
    ["generation", `${certificate.generation} of ${certificate.index}`],
    ["issued", certificate.at],
    [
      "judged by",
      evalSet ? `${evalSet.queryCount} queries of the eval set ${evalSet.name}` : "its stored vectors",
    ],
    ["coverage", `${(certificate.coverage * 100).toFixed(2)} % of the rows`],
    ...recall.map(({ selectivity, recall: reached, low, high }): [string, string] => [
      `recall of ${selectivity * 100} %`,
      `${reached.toFixed(4)} (${low.toFixed(4)} to ${high.toFixed(4)})`,
    ]),
    ["latency", `p50 ${certificate.p50Ms.toFixed(2)} ms, p95 ${certificate.p95Ms.toFixed(2)} ms`],
    ["fusion", `${fusion.method}, ${fusion.lexicalWeight} on words${fusion.measured ? ", measured" : ""}`],
    ["model", certificate.modelDigest],
    ["cost", costUsd === null ? "not known" : `$${costUsd.toFixed(6)} to embed what is new in it`],
  ];
  return [
    ...facts.map(([name, value]) => `${name.padEnd(18)}${value}`),
    "",
    ...checkLines(certificate.checks),
  ];
}

/** One line for each check: verdict, name, what was measured, what was asked for. */
function checkLines(checks: readonly GateCheck[]): string[] {
  const width = Math.max(0, ...checks.map(({ name }) => name.length)) + 2;
  return checks.map(({ name, passed, measured, threshold, wanted, detail }) => {
    const limit =
      threshold === null ? "no limit" : `${wanted === "equal" ? "is to be" : wanted} ${short(threshold)}`;
    return `${passed ? "passed" : "FAILED"}  ${name.padEnd(width)}${short(measured)}  (${limit}; ${detail})`;
  });
}

/** Books and checksums are longer than a line. */
function short(value: number | string): string {
  const text = String(value);
  return text.length > 60 ? `${text.slice(0, 60)}…` : text;
}
