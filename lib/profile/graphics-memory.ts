import type { LoadedModel, ModelServer } from "./model-server.ts";
import type { GpuSlots } from "./open-gpu-slots.ts";
import { type GraphicsCards, readGraphicsCards } from "./read-graphics-cards.ts";
import type { SlotTable } from "./slot-table.ts";

/** What fills the graphics cards: by the driver, by the model servers, and by who holds which slot. */
export interface GraphicsMemory {
  graphics: GraphicsCards;
  servers: { name: string; loaded: LoadedModel[] | undefined; problem: string | undefined }[];
  slots: SlotTable;
  /** Loads that serving each job as it came would have taken beyond those that were made. */
  swapsAvoided: number;
}

/** A card or a server that does not answer is told of, and hides nothing of the others. */
export async function readGraphicsMemory(options: {
  servers: readonly ModelServer[];
  slots: GpuSlots;
}): Promise<GraphicsMemory> {
  const [graphics, slots, servers] = await Promise.all([
    readGraphicsCards(),
    options.slots.table(),
    Promise.all(options.servers.map(readServer)),
  ]);
  return { graphics, servers, slots, swapsAvoided: Math.max(0, slots.firstComeSwaps - slots.swaps) };
}

async function readServer(server: ModelServer): Promise<GraphicsMemory["servers"][number]> {
  const { name } = server;
  try {
    return { name, loaded: await server.loaded(), problem: undefined };
  } catch (error) {
    return { name, loaded: undefined, problem: error instanceof Error ? error.message : String(error) };
  }
}
