import type { Telemetry } from "../telemetry/telemetry.ts";
import { type TidyOptions, tidyLake } from "./tidy-lake.ts";

/** What it removes is a day old at least, so there is no hurry. */
const everyMs = 3_600_000;

/** Tidies now and every hour. A round that fails is told and tried again at the next one. */
export function startTidying(options: TidyOptions & { telemetry: Telemetry }): { stop(): Promise<void> } {
  const { telemetry } = options;
  let running = Promise.resolve();
  const round = () => {
    running = tidyLake(options).then(
      (report) => telemetry.log.debug(report, "tidied"),
      (error: unknown) => telemetry.log.warn({ error }, "could not tidy"),
    );
  };
  const timer = setInterval(round, everyMs);
  timer.unref();
  round();
  return {
    async stop() {
      clearInterval(timer);
      await running;
    },
  };
}
