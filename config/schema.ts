import path from "node:path";
import { z } from "zod";
import { type Models, type ModelsResult, readModels } from "./models.ts";
import {
  dropSecrets,
  type SecretUse,
  secretsOf,
  secretVariables,
  withoutSecrets,
} from "./secret-variables.ts";

const Port = z.coerce.number().int().min(0).max(65_535);
const DatabaseAllowance = z.enum(["files", "sockets", "link-local"]);
const Count = z.coerce.number().int().positive();

/** Every setting, by the environment variable that carries it. This file is the only reader of `process.env`. */
const Environment = z.object({
  LAKEFLEET_DATA: z.string().min(1).default("./data"),
  LAKEFLEET_PORT: Port.default(4100),
  LAKEFLEET_HOST: z.string().min(1).default("127.0.0.1"),
  LAKEFLEET_SAMPLE: z.enum(["0", "1"]).default("1"),
  /** The level of the structured logs. Setting it also makes `npm start` show them on stderr, beside the log files. */
  LAKEFLEET_LOG: z.enum(["silent", "error", "warn", "info", "debug"]).optional(),
  /** Folders that `POST /ingest/path` may read, joined by `:`. The inbox is always among them. */
  LAKEFLEET_INGEST_ROOTS: z.string().default(""),
  /** A shared Redis or Valkey, `redis://…`; a private one on a unix socket where it is not set. */
  REDIS_URL: z
    .string()
    .regex(/^($|rediss?:\/\/)/, "must begin with redis:// or rediss://")
    .optional(),
  /** `name` or `name:n`, joined by commas: the process kills itself the n-th time it passes that point. Tests only. */
  LAKEFLEET_FAILPOINTS: z.string().default(""),
  /** Jobs that may wait in one queue before new requests are answered 429. */
  LAKEFLEET_QUEUE_DEPTH_MAX: Count.default(100_000),
  /** A worker that is silent for so long has lost its jobs. Shorter would take jobs from workers that merely swap. */
  LAKEFLEET_WORKER_LOCK_MS: Count.min(1_000).default(10_000),
  /** Lets whoever sends it as `Authorization: Bearer …` promote without a certificate; unset, nobody can. */
  LAKEFLEET_ADMIN_KEY: z.string().min(16, "must have 16 characters or more").optional(),
  /** Memory that one ingest may take for its engine, in MiB; a worker needs about 250 MiB beside it. */
  LAKEFLEET_INGEST_MEMORY_MIB: Count.default(400),
  /** Disk that the graphs of trials may take, in MiB: a graph over 100,000 vectors of 768 values takes about 100. */
  LAKEFLEET_TRIAL_CACHE_MIB: Count.default(8_192),
  /** Models that fit on the graphics cards at a time, beside those that are small enough to stay there always. */
  LAKEFLEET_GPU_SLOTS: Count.max(64).default(1),
  /** How long a job waits in all for servers of models that are down or throttle; an outage over night costs no job. */
  LAKEFLEET_PROVIDER_WAIT_S: Count.default(43_200),
  /** What a DSN may lead to beside a host on the network, joined by commas: `files` (of TLS), `sockets`, `link-local`. */
  LAKEFLEET_DATABASE_ALLOW: z.string().default("").transform(splitList).pipe(z.array(DatabaseAllowance)),
  /** The file of model servers and models, `models.json` in the data folder where it is not set. */
  LAKEFLEET_MODELS: z.string().default(""),
});

export interface Configuration {
  /** Absolute. */
  dataFolder: string;
  port: number;
  host: string;
  loadSample: boolean;
  logLevel: "silent" | "error" | "warn" | "info" | "debug";
  /** Whether the level was asked for; the launcher then copies the logs to stderr. */
  showLogs: boolean;
  ingestRoots: string[];
  redisUrl: string | undefined;
  failpoints: string;
  queueDepthMax: number;
  ingestMemoryMib: number;
  trialCacheMib: number;
  gpuSlots: number;
  providerWaitMs: number;
  adminKey: string | undefined;
  workerLockMs: number;
  databaseAllow: z.infer<typeof DatabaseAllowance>[];
  /** By name. Never logged. */
  secrets: Record<string, string>;
  /** Absolute; undefined where the default file is read if it is there. */
  modelsFile: string | undefined;
  models: Models;
}

export type ConfigurationResult =
  | { ok: true; configuration: Configuration }
  | { ok: false; problems: string[] };

/** Reads and checks the whole environment; all problems are reported together, one line each. */
export function readConfiguration(
  environment: Record<string, string | undefined> = process.env,
): ConfigurationResult {
  const parsed = Environment.safeParse(environment);
  const found = findModels(environment);
  const problems = [
    ...(parsed.error?.issues ?? []).map((issue) => `${issue.path.join(".")}: ${issue.message}`),
    ...(found.read.ok ? [] : found.read.problems),
  ];
  if (!parsed.success || !found.read.ok) return { ok: false, problems };
  const values = parsed.data;
  const dataFolder = path.resolve(values.LAKEFLEET_DATA);
  return {
    ok: true,
    configuration: {
      dataFolder,
      port: values.LAKEFLEET_PORT,
      host: values.LAKEFLEET_HOST,
      loadSample: values.LAKEFLEET_SAMPLE === "1",
      logLevel: values.LAKEFLEET_LOG ?? "info",
      showLogs: values.LAKEFLEET_LOG !== undefined,
      ingestRoots: [
        ...new Set([
          path.join(dataFolder, "inbox"),
          ...values.LAKEFLEET_INGEST_ROOTS.split(":")
            .filter(Boolean)
            .map((root) => path.resolve(root)),
        ]),
      ],
      redisUrl: values.REDIS_URL || undefined,
      failpoints: values.LAKEFLEET_FAILPOINTS,
      queueDepthMax: values.LAKEFLEET_QUEUE_DEPTH_MAX,
      ingestMemoryMib: values.LAKEFLEET_INGEST_MEMORY_MIB,
      trialCacheMib: values.LAKEFLEET_TRIAL_CACHE_MIB,
      gpuSlots: values.LAKEFLEET_GPU_SLOTS,
      providerWaitMs: 1_000 * values.LAKEFLEET_PROVIDER_WAIT_S,
      workerLockMs: values.LAKEFLEET_WORKER_LOCK_MS,
      adminKey: values.LAKEFLEET_ADMIN_KEY,
      databaseAllow: values.LAKEFLEET_DATABASE_ALLOW,
      secrets: secretsOf(environment),
      modelsFile: found.modelsFile,
      models: found.read.models,
    },
  };
}

/** What is wrong elsewhere in the environment does not hide what is wrong in the file of models. */
function findModels(environment: Record<string, string | undefined>): {
  modelsFile: string | undefined;
  read: ModelsResult;
} {
  const where = Environment.pick({ LAKEFLEET_DATA: true, LAKEFLEET_MODELS: true }).safeParse(environment);
  // A place that cannot be told is a problem of the environment, and nothing can be said of the file.
  if (!where.success) return { modelsFile: undefined, read: { ok: false, problems: [] } };
  const { LAKEFLEET_DATA: dataFolder, LAKEFLEET_MODELS: named } = where.data;
  const modelsFile = named === "" ? undefined : path.resolve(named);
  const file = modelsFile ?? path.join(path.resolve(dataFolder), "models.json");
  return { modelsFile, read: readModels(file, { required: modelsFile !== undefined }) };
}

function splitList(text: string): string[] {
  return text
    .split(",")
    .map((entry) => entry.trim())
    .filter((entry) => entry !== "");
}

/** Takes the secrets out of this process's own environment, so that nothing it starts inherits them. */
export function forgetSecrets(): void {
  dropSecrets(process.env);
}

/** Native engines ask the environment itself where they may put what is temporary. */
export function setTemporaryFolder(folder: string): void {
  process.env["TMPDIR"] = folder;
}

/** The environment in which a child process reads this same configuration, with the secrets of these uses alone. */
export function environmentOf(
  configuration: Configuration,
  uses: readonly SecretUse[],
): Record<string, string | undefined> {
  return {
    ...withoutSecrets(process.env),
    LAKEFLEET_DATA: configuration.dataFolder,
    LAKEFLEET_PORT: String(configuration.port),
    LAKEFLEET_HOST: configuration.host,
    LAKEFLEET_SAMPLE: configuration.loadSample ? "1" : "0",
    LAKEFLEET_LOG: configuration.logLevel,
    LAKEFLEET_INGEST_ROOTS: configuration.ingestRoots.join(":"),
    REDIS_URL: configuration.redisUrl,
    LAKEFLEET_FAILPOINTS: configuration.failpoints,
    LAKEFLEET_QUEUE_DEPTH_MAX: String(configuration.queueDepthMax),
    LAKEFLEET_INGEST_MEMORY_MIB: String(configuration.ingestMemoryMib),
    LAKEFLEET_TRIAL_CACHE_MIB: String(configuration.trialCacheMib),
    LAKEFLEET_GPU_SLOTS: String(configuration.gpuSlots),
    LAKEFLEET_PROVIDER_WAIT_S: String(configuration.providerWaitMs / 1_000),
    LAKEFLEET_WORKER_LOCK_MS: String(configuration.workerLockMs),
    LAKEFLEET_DATABASE_ALLOW: configuration.databaseAllow.join(","),
    ...secretVariables(configuration, uses),
    LAKEFLEET_MODELS: configuration.modelsFile ?? "",
  };
}
