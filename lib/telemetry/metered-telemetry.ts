import { collectDefaultMetrics, Registry } from "prom-client";
import { registerEvent } from "./event-metrics.ts";
import { events } from "./events.ts";
import { createTelemetry, silentTelemetry, type Telemetry, type TelemetryOptions } from "./telemetry.ts";

export interface MeteredTelemetry extends Telemetry {
  /** What `/metrics` shows of this process. */
  metrics: Registry;
}

/** For processes that answer `/metrics`: in any other nobody would read what this counts, and what it loads is dear. */
export function createMeteredTelemetry(options: TelemetryOptions): MeteredTelemetry {
  const telemetry = countEvents(createTelemetry(options), options.service);
  collectDefaultMetrics({ register: telemetry.metrics, prefix: "lakefleet_" });
  return telemetry;
}

/** Counts events and logs nothing. */
export function countingTelemetry(): MeteredTelemetry {
  return countEvents(silentTelemetry(), "silent");
}

function countEvents(telemetry: Telemetry, service: string): MeteredTelemetry {
  const metrics = new Registry();
  metrics.setDefaultLabels({ service });
  const recorders = new Map(
    Object.entries(events).map(([name, definition]) => [name, registerEvent(name, definition, metrics)]),
  );
  return {
    log: telemetry.log,
    metrics,
    emit: (event, fields) => {
      recorders.get(event)?.(fields);
      telemetry.emit(event, fields);
    },
  };
}
