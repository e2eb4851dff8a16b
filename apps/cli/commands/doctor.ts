import { execFile } from "node:child_process";
import { access, constants, mkdir, statfs } from "node:fs/promises";
import { promisify } from "node:util";
import type { Configuration } from "@lakefleet/config/schema.ts";
import type { Command } from "commander";
import { CliError } from "../cli-error.ts";
import { type CliContext, configurationOrFail, contextOf, print } from "../context.ts";

interface Finding {
  check: string;
  ok: boolean;
  detail: string;
}

/** Below this an ingest of one average file can already fail. */
const freeBytesMin = 1024 ** 3;

export function addDoctorCommand(program: Command): void {
  program
    .command("doctor")
    .description("check what Lakefleet needs on this machine, and the running fleet if there is one")
    .action(async (_options, command: Command) => {
      const context = contextOf(command);
      const configuration = configurationOrFail();
      const findings = [
        checkNode(),
        await checkRedis(configuration),
        await checkFolder(configuration.dataFolder),
        await checkEngine("usearch"),
        await checkEngine("hnswlib-node"),
        await checkFleet(context),
      ];
      print(context, { findings }, () =>
        findings.map(({ check, ok, detail }) => `${ok ? "ok  " : "FAIL"} ${check}: ${detail}`),
      );
      const failed = findings.filter((finding) => !finding.ok);
      if (failed.length > 0) throw new CliError(`${failed.length} of ${findings.length} checks failed.`, 1);
    });
}

function checkNode(): Finding {
  const major = Number(process.versions.node.split(".")[0]);
  return {
    check: "node",
    ok: major >= 24,
    detail: `version ${process.versions.node}${major >= 24 ? "" : "; run npm install, then npx lakefleet"}`,
  };
}

async function checkRedis({ redisUrl }: Configuration): Promise<Finding> {
  if (redisUrl) return { check: "redis", ok: true, detail: "a shared one, set by REDIS_URL" };
  for (const program of ["redis-server", "valkey-server"]) {
    try {
      const { stdout } = await promisify(execFile)(program, ["--version"]);
      return { check: "redis", ok: true, detail: stdout.trim().slice(0, 80) };
    } catch (error) {
      if (!(error instanceof Error && "code" in error && error.code === "ENOENT")) throw error;
    }
  }
  return {
    check: "redis",
    ok: false,
    detail: "no redis-server or valkey-server on the PATH; install one, or set REDIS_URL",
  };
}

async function checkFolder(folder: string): Promise<Finding> {
  try {
    await mkdir(folder, { recursive: true });
    await access(folder, constants.W_OK);
    const { bavail, bsize } = await statfs(folder);
    const free = bavail * bsize;
    return {
      check: "data folder",
      ok: free >= freeBytesMin,
      detail: `${folder}, ${(free / 1024 ** 3).toFixed(1)} GiB free`,
    };
  } catch (error) {
    return {
      check: "data folder",
      ok: false,
      detail: `${folder}: ${error instanceof Error ? error.message : error}`,
    };
  }
}

async function checkEngine(name: "usearch" | "hnswlib-node"): Promise<Finding> {
  try {
    await import(name);
    return { check: name, ok: true, detail: "loads" };
  } catch (error) {
    // The second engine is optional: only indexes that ask for it need it.
    const reason = error instanceof Error ? error.message.split("\n")[0] : String(error);
    return { check: name, ok: name !== "usearch", detail: `does not load (${reason})` };
  }
}

async function checkFleet({ client }: CliContext): Promise<Finding> {
  try {
    const state = await client.get<{ ready: boolean }>("/ready");
    return { check: "fleet", ok: state.ready, detail: `ready at ${client.baseUrl}` };
  } catch (error) {
    return {
      check: "fleet",
      ok: error instanceof CliError && error.message.startsWith("No fleet"),
      detail: error instanceof Error ? error.message : String(error),
    };
  }
}
