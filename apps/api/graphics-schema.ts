import { z } from "@hono/zod-openapi";
import type { GraphicsMemory } from "@lakefleet/lib/profile/graphics-memory.ts";

export const Vram = z
  .object({
    graphics: z.object({
      absent: z.string().nullable().openapi({ description: "Why there are no cards to tell of" }),
      cards: z.array(
        z.object({
          index: z.int(),
          name: z.string(),
          total_mib: z.number(),
          used_mib: z.number(),
          free_mib: z.number(),
          busy_percent: z.number().nullable(),
        }),
      ),
    }),
    servers: z.array(
      z.object({
        name: z.string(),
        problem: z.string().nullable(),
        loaded: z.array(
          z.object({
            model: z.string(),
            size_bytes: z.number(),
            vram_bytes: z.number(),
            expires_at: z.string(),
          }),
        ),
      }),
    ),
    slots: z.array(
      z.object({
        model: z.string().nullable(),
        holders: z.array(z.object({ job: z.string(), fence: z.int() })),
      }),
    ),
    waiting: z.array(z.object({ job: z.string(), model: z.string() })),
    swaps: z.int(),
    swaps_avoided: z.int().openapi({ description: "More that serving each job as it came would have taken" }),
  })
  .openapi("Vram");

export function describeMemory({
  graphics,
  servers,
  slots,
  swapsAvoided,
}: GraphicsMemory): z.infer<typeof Vram> {
  const cards = "cards" in graphics ? graphics.cards : [];
  return {
    graphics: {
      absent: "absent" in graphics ? graphics.absent : null,
      cards: cards.map(({ index, name, totalMib, usedMib, freeMib, busyPercent }) => ({
        index,
        name,
        total_mib: totalMib,
        used_mib: usedMib,
        free_mib: freeMib,
        busy_percent: busyPercent ?? null,
      })),
    },
    servers: servers.map(({ name, loaded = [], problem }) => ({
      name,
      problem: problem ?? null,
      loaded: loaded.map(({ name: model, sizeBytes, vramBytes, expiresAt }) => ({
        model,
        size_bytes: sizeBytes,
        vram_bytes: vramBytes,
        expires_at: expiresAt,
      })),
    })),
    slots: slots.slots.map(({ model, holders }) => ({
      model,
      holders: holders.map(({ job, fence }) => ({ job, fence })),
    })),
    waiting: slots.waiting.map(({ job, model }) => ({ job, model })),
    swaps: slots.swaps,
    swaps_avoided: swapsAvoided,
  };
}
