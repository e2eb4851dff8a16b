/** How one kind of event becomes a log line and metrics. Every event is counted in `lakefleet_<event>_total`. */
export interface EventDefinition<Fields> {
  level: "debug" | "info" | "warn" | "error";
  /** Fields that split the metrics. Small closed sets only, such as a queue or an outcome: never a name or an id. */
  labels: (keyof Fields & string)[];
  /** Number fields that add up: `lakefleet_<event>_<field>_total`. */
  totals: (keyof Fields & string)[];
  /** Number fields of which the last value counts: `lakefleet_<event>_<field>`. */
  gauges: (keyof Fields & string)[];
  /** A `durationMs` field feeds the histogram `lakefleet_<event>_seconds`. */
  timed: boolean;
  /** Carries the type of the fields; never set. */
  fields?: Fields;
}

/** An event logged at `info` and counted, unless told otherwise. */
export function defineEvent<Fields extends object>(
  definition: Partial<Omit<EventDefinition<Fields>, "fields">> = {},
): EventDefinition<Fields> {
  return { level: "info", labels: [], totals: [], gauges: [], timed: false, ...definition };
}
