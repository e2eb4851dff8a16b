import type { ObjectStore } from "../storage/object-store.ts";

/** Which of an index's pipelines: its first, or the one that was made under a name to embed by another model. */
export interface PipelinePlace {
  index: string;
  name?: string | undefined;
}

/** The folder of a pipeline's tables, without a last `/`. */
export function pipelinePrefix({ index, name }: PipelinePlace): string {
  return name === undefined ? `indexes/${index}/pipeline` : `${namedPrefix(index)}${name}`;
}

/** Where a pipeline writes down the texts whose vectors it no longer needs. */
export function forgottenPrefix({ index, name }: PipelinePlace): string {
  return name === undefined ? `indexes/${index}/forgotten/` : `indexes/${index}/forgotten-by/${name}/`;
}

/** Its lock, which its steps are named by. */
export function pipelineLock({ index, name }: PipelinePlace): string {
  return name === undefined ? `pipeline.${index}` : `pipeline.${index}.${name}`;
}

/** Every pipeline that an index has tables of. */
export async function listPipelines(store: ObjectStore, index: string): Promise<PipelinePlace[]> {
  const places: PipelinePlace[] = [{ index }];
  for (const name of await store.listFolders(namedPrefix(index))) places.push({ index, name });
  const found: PipelinePlace[] = [];
  for (const place of places) if (await hasTables(store, place)) found.push(place);
  return found;
}

export async function hasTables(store: ObjectStore, place: PipelinePlace): Promise<boolean> {
  return (await store.size(`${pipelinePrefix(place)}/tables.json`)) !== undefined;
}

function namedPrefix(index: string): string {
  return `indexes/${index}/pipelines/`;
}
