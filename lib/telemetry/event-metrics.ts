import { Counter, Gauge, Histogram, type Registry } from "prom-client";

/** Records one event's fields in its metrics. */
export type RecordMetrics = (fields: object) => void;

/** The part of an event's definition that its metrics are made from; field names as plain texts. */
interface MetricFields {
  labels: string[];
  totals: string[];
  gauges: string[];
  timed: boolean;
}

/** From one millisecond, a warm search, to an hour, a long build; each bucket about three times the one before. */
const secondsBuckets = [0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1, 3, 10, 30, 100, 300, 1000, 3600];

/** Registers the metrics of one event, at zero where they have no labels. */
export function registerEvent(name: string, definition: MetricFields, registry: Registry): RecordMetrics {
  const base = `lakefleet_${snakeCase(name)}`;
  const labelNames = definition.labels;
  const registers = [registry];
  const count = new Counter({ name: `${base}_total`, help: `Events ${name}.`, labelNames, registers });
  const totals = definition.totals.map((field) => {
    const total = `${base}_${snakeCase(field)}_total`;
    return { field, metric: new Counter({ name: total, help: `Sum of ${field}.`, labelNames, registers }) };
  });
  const gauges = definition.gauges.map((field) => {
    const gauge = `${base}_${snakeCase(field)}`;
    return { field, metric: new Gauge({ name: gauge, help: `Last ${field}.`, labelNames, registers }) };
  });
  const seconds = definition.timed
    ? new Histogram({
        name: `${base}_seconds`,
        help: `Duration of ${name}.`,
        labelNames,
        registers,
        buckets: secondsBuckets,
      })
    : undefined;
  return (fields) => {
    const values = new Map<string, unknown>(Object.entries(fields));
    const labels = Object.fromEntries(labelNames.map((label) => [label, String(values.get(label) ?? "")]));
    count.inc(labels);
    for (const { field, metric } of totals) metric.inc(labels, amount(values.get(field)));
    for (const { field, metric } of gauges) metric.set(labels, amount(values.get(field)));
    const durationMs = values.get("durationMs");
    if (typeof durationMs === "number") seconds?.observe(labels, durationMs / 1000);
  };
}

/** A counter refuses to go down, and a field may be left out. */
function amount(value: unknown): number {
  return typeof value === "number" && value > 0 ? value : 0;
}

function snakeCase(name: string): string {
  return name.replace(/[.-]/g, "_").replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}
