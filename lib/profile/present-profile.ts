import { z } from "zod";
import { type Profile, ProfileBindings } from "./profile.ts";

/** A profile as people ask about it. */
export const PresentedProfile = z.strictObject({
  id: z.string(),
  version: z.int(),
  changed_at: z.string(),
  ...ProfileBindings.shape,
});

export function presentProfile({ changedAt, ...profile }: Profile): z.infer<typeof PresentedProfile> {
  return { ...profile, changed_at: changedAt };
}
