import { type DestinationStream, type Logger, pino, stdSerializers, stdTimeFunctions } from "pino";
import { type EventFields, type EventName, events } from "./events.ts";
import { logDestination } from "./log-destination.ts";
import { censored, redactUrls, secretPaths } from "./redact.ts";

export interface Telemetry {
  /** Tells that something has happened: one log line, and the event's metrics where the process shows any. */
  emit<Name extends EventName>(event: Name, fields: EventFields<Name>): void;
  /** For what is no event: a start, a stop, an error that nobody expected. */
  log: Logger;
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
    options.output ?? logDestination(),
  );
  return {
    log,
    emit: (event, fields) => {
      const values: object = fields;
      log[events[event].level](values, event);
    },
  };
}

/** Logs nothing. */
export function silentTelemetry(): Telemetry {
  return createTelemetry({ service: "silent", level: "silent", output: { write: () => {} } });
}
