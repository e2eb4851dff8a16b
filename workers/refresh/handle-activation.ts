import type { Models } from "@lakefleet/config/models.ts";
import type { JobContext } from "@lakefleet/lib/jobs/job-context.ts";
import type { GpuSlots } from "@lakefleet/lib/profile/open-gpu-slots.ts";
import type { ProfileAudit } from "@lakefleet/lib/profile/profile-audit.ts";
import { type RealizedActivation, realizeActivation } from "@lakefleet/lib/profile/realize-activation.ts";
import type { ObjectStore } from "@lakefleet/lib/storage/object-store.ts";
import type { Telemetry } from "@lakefleet/lib/telemetry/telemetry.ts";

export interface ActivationDependencies {
  store: ObjectStore;
  models: Models;
  slots: GpuSlots;
  audit: ProfileAudit;
  telemetry: Telemetry;
}

/** Loads what the activation needs and unloads what it does not, once it is its turn on the graphics card. */
export async function handleActivation(
  { activation, profile }: { activation: number; profile: string },
  { signal, jobId }: JobContext,
  { audit, telemetry, ...surroundings }: ActivationDependencies,
): Promise<RealizedActivation> {
  const realized = await realizeActivation({ ...surroundings, activation, job: jobId, signal });
  const { superseded, loaded, unloaded } = realized;
  telemetry.emit("profile.activated", { profile, loaded: loaded.length, unloaded: unloaded.length });
  const event = superseded ? "superseded" : "loaded";
  await audit.append(profile, { event, activation, loaded, unloaded });
  return realized;
}
