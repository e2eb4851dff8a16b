import {
  type DestinationStream,
  destination,
  type Logger,
  pino,
  stdSerializers,
  stdTimeFunctions,
} from "pino";
import { collectDefaultMetrics, Registry } from "prom-client";
import { registerEvent } from "./event-metrics.ts";
import { type EventFields, type EventName, events } from "./events.ts";
import { censored, redactUrls, secretPaths } from "./redact.ts";

export interface Telemetry {
  /** Tells that something has happened: one log line, and the event's metrics. */
  emit<Name extends EventName>(event: Name, fields: EventFields<Name>): void;
  /** For what is no event: a start, a stop, an error that nobody expected. */
  log: Logger;
  /** What `/metrics` shows of this process. */
  metrics: Registry;
}

export interface TelemetryOptions {
  /** The process's kind, `api` or `embed-worker`: on every log line and every metric. */
  service: string;
  level: "silent" | "error" | "warn" | "info" | "debug";
  /** Where log lines go, standard error if not given. */
  output?: DestinationStream;
}

/** One JSON object per line; fields that hold secrets and the credentials in URLs are censored. */
export function createTelemetry(options: TelemetryOptions): Telemetry {
  const telemetry = assemble(options, options.output ?? destination({ dest: 2, sync: false }));
  collectDefaultMetrics({ register: telemetry.metrics, prefix: "lakefleet_" });
  return telemetry;
}

/** Counts events and logs nothing. */
export function silentTelemetry(): Telemetry {
  return assemble({ service: "silent", level: "silent" }, { write: () => {} });
}

function assemble(options: TelemetryOptions, output: DestinationStream): Telemetry {
  const log = pino(
    {
      level: options.level,
      base: { service: options.service, pid: process.pid },
      timestamp: stdTimeFunctions.isoTime,
      formatters: { level: (level) => ({ level }) },
      serializers: { error: stdSerializers.err },
      redact: { paths: secretPaths, censor: censored },
      hooks: { streamWrite: redactUrls },
    },
    output,
  );
  const metrics = new Registry();
  metrics.setDefaultLabels({ service: options.service });
  const recorders = new Map(
    Object.entries(events).map(([name, definition]) => [name, registerEvent(name, definition, metrics)]),
  );
  return {
    log,
    metrics,
    emit: (event, fields) => {
      const values: object = fields;
      recorders.get(event)?.(values);
      log[events[event].level](values, event);
    },
  };
}
