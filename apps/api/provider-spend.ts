import { dataLayout } from "@lakefleet/config/layout.ts";
import { type ProviderSpend, readSpend } from "@lakefleet/lib/guard/read-spend.ts";
import { Gauge } from "prom-client";
import type { ApiDependencies } from "./dependencies.ts";

/** Today's books of every configured provider that has a price. */
export function readProviderSpend(dependencies: ApiDependencies): Promise<ProviderSpend[]> {
  const { configuration, jobs, models, telemetry } = dependencies;
  return readSpend({
    redis: jobs.queues.redis,
    folder: dataLayout(configuration.dataFolder).spend,
    providers: Object.entries(models.providers)
      .filter(([, { price }]) => price !== undefined)
      .map(([name, { dailyCapUsd }]) => ({ name, dailyCapUsd })),
    telemetry,
  });
}

/** The same figures as `GET /ai/spend`. */
export function createSpendGauges(
  telemetry: ApiDependencies["telemetry"],
): (spend: readonly ProviderSpend[]) => void {
  const gauge = (name: string, help: string) =>
    new Gauge({
      name: `lakefleet_spend_${name}_usd`,
      help,
      labelNames: ["provider"],
      registers: [telemetry.metrics],
    });
  const spent = gauge("today", "Paid to the provider this UTC day");
  const reserved = gauge("reserved", "Set aside for calls under way, or whose end nobody knows");
  const cap = gauge("cap", "The most that a day may cost");
  return (providers) => {
    for (const { provider, ...figures } of providers) {
      spent.set({ provider }, figures.spent);
      reserved.set({ provider }, figures.reserved);
      if (figures.cap !== undefined) cap.set({ provider }, figures.cap);
    }
  };
}
