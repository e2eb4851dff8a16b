import { defineEvent, type EventDefinition } from "./define-event.ts";

/**
 * Everything that the system tells about itself. No document text, payload, query or secret is ever a field; names and
 * ids go to the log only.
 */
export const events = {
  "storage.torn-tail": defineEvent<{ file: string; byte: number; lostBytes: number }>({ level: "warn" }),

  "dataset.committed": defineEvent<{
    dataset: string;
    version: number;
    rowCount?: number;
    durationMs?: number;
  }>({ timed: true }),
  "dataset.stale": defineEvent<{ dataset: string; owner?: string; ageSeconds: number }>({ level: "warn" }),
  "dataset.fresh-again": defineEvent<{ dataset: string }>(),
  "dataset.evolved": defineEvent<{ dataset: string; version: number; ruleCount: number }>(),
  "catalog.freshness": defineEvent<{ checked: number; stale: number }>({
    level: "debug",
    gauges: ["checked", "stale"],
  }),
  "ingest.finished": defineEvent<{
    dataset: string;
    format?: string;
    rowsAdded: number;
    rowsRejected: number;
    byteCount?: number;
    noop?: boolean;
    durationMs: number;
  }>({ labels: ["format"], totals: ["rowsAdded", "rowsRejected", "byteCount"], timed: true }),
  "embed.finished": defineEvent<{
    index: string;
    embedded: number;
    reused: number;
    failed: number;
    resplit?: number;
    tokens?: number;
    costUsd?: number;
    durationMs: number;
  }>({ totals: ["embedded", "reused", "failed", "resplit", "tokens", "costUsd"], timed: true }),

  /** A provider said that its limit is reached; the whole fleet leaves it alone for so long. */
  "provider.throttled": defineEvent<{ provider: string; waitMs: number }>({
    level: "warn",
    labels: ["provider"],
    totals: ["waitMs"],
  }),
  "provider.circuit": defineEvent<{ provider: string; breaker: "opened" | "closed"; waitMs: number }>({
    level: "warn",
    labels: ["provider", "breaker"],
  }),
  /** `overrun` where the provider billed more than was set aside, so that the day's cap may have been passed. */
  "spend.settled": defineEvent<{ provider: string; model: string; usd: number; overrun: boolean }>({
    level: "debug",
    labels: ["provider", "overrun"],
    totals: ["usd"],
  }),
  "provider.settle-failed": defineEvent<{ provider: string; reason: string }>({
    level: "warn",
    labels: ["provider"],
  }),
  "profile.refused": defineEvent<{ route: string; kind: string }>({ labels: ["kind"] }),
  "profile.audit-failed": defineEvent<{ reason: string }>({ level: "warn" }),
  "profile.warm-failed": defineEvent<{ reason: string }>({ level: "warn" }),
  "profile.activated": defineEvent<{ profile: string; loaded: number; unloaded: number }>({
    totals: ["loaded", "unloaded"],
  }),
  "gpu.swapped": defineEvent<{ model: string; evicted: string }>(),
  "gpu.load-failed": defineEvent<{ server: string; model: string; reason: string }>({ level: "warn" }),
  "gpu.renewal-failed": defineEvent<{ reason: string }>({ level: "warn" }),

  "generation.built": defineEvent<{
    index: string;
    generation: string;
    backend: string;
    vectorCount: number;
    durationMs: number;
  }>({ labels: ["backend"], totals: ["vectorCount"], timed: true }),
  "generation.gated": defineEvent<{
    index: string;
    generation: string;
    passed: boolean;
    durationMs?: number;
  }>({ labels: ["passed"], timed: true }),
  "generation.promoted": defineEvent<{
    index: string;
    generation: string;
    reason?: string;
    durationMs?: number;
  }>({ timed: true }),

  "eval.truth-damaged": defineEvent<{ set: string; index: string; key: string }>({ level: "warn" }),
  "trial.finished": defineEvent<{ index: string; trial: string; graphReused: boolean; durationMs: number }>({
    labels: ["graphReused"],
    timed: true,
  }),

  "job.started": defineEvent<{ queue: string; jobId: string; waitedMs?: number }>({ labels: ["queue"] }),
  "job.finished": defineEvent<{ queue: string; jobId: string; durationMs: number }>({
    labels: ["queue"],
    timed: true,
  }),
  "job.failed": defineEvent<{ queue: string; jobId: string; type?: string; reason?: string }>({
    level: "warn",
    labels: ["queue"],
  }),
  "job.retried": defineEvent<{ queue: string; jobId: string; attempt?: number }>({ labels: ["queue"] }),
  "job.quarantined": defineEvent<{ queue: string; jobId: string }>({ level: "error", labels: ["queue"] }),
  "job.defect": defineEvent<{ queue: string; jobId: string; error: unknown }>({
    level: "error",
    labels: ["queue"],
  }),
  "job.report-failed": defineEvent<{ queue: string; jobId: string; reason: string }>({
    level: "warn",
    labels: ["queue"],
  }),
  "jobs.add-deferred": defineEvent<{ count: number; reason: string }>({ level: "warn", totals: ["count"] }),
  "jobs.sweep-deferred": defineEvent<{ intent: string; reason: string }>({ level: "warn" }),
  "worker.error": defineEvent<{ queue: string; reason: string }>({ level: "warn", labels: ["queue"] }),
  "redis.error": defineEvent<{ code: string }>({ level: "warn" }),
  "schedule.started": defineEvent<{ schedule: string; intent: string }>(),
  "intent.reconciled": defineEvent<{ intent?: string; count?: number }>({ totals: ["count"] }),
  "pool.scaled": defineEvent<{ pool: string; from: number; to: number; reason?: string }>({
    labels: ["pool"],
    gauges: ["to"],
  }),

  "agent.decided": defineEvent<{ index: string; action: string; why: string }>({ labels: ["action"] }),
  "serve.opened": defineEvent<{ index: string; generation: string; durationMs: number }>({ timed: true }),
  "serve.open-failed": defineEvent<{
    index: string;
    generation?: string;
    type?: string;
    reason?: string;
    error?: unknown;
  }>({ level: "error" }),
  "http.request": defineEvent<{
    method: string;
    /** The route's pattern, `/jobs/{id}`, never the path that was asked for. */
    route: string;
    status: number;
    durationMs: number;
    requestId?: string;
  }>({ level: "debug", labels: ["method", "route", "status"], timed: true }),
  "http.defect": defineEvent<{ method: string; route: string; requestId?: string; error: unknown }>({
    level: "error",
  }),
  "search.finished": defineEvent<{
    index: string;
    generation?: string;
    mode: string;
    hitCount?: number;
    durationMs: number;
  }>({ level: "debug", labels: ["mode"], timed: true }),
};

export type EventName = keyof typeof events;

type FieldsOf<Definition> = Definition extends EventDefinition<infer Fields extends object> ? Fields : never;

/** The fields that an event must be emitted with. */
export type EventFields<Name extends EventName> = FieldsOf<(typeof events)[Name]>;
