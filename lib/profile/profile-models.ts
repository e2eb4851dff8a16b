import type { Models } from "@lakefleet/config/models.ts";
import type { PreloadedModel } from "./activation-log.ts";
import type { ProfileBindings } from "./profile.ts";

/** The models of a profile that a server of ours can load, the small ones first: they take nobody's place. */
export function profileModels(
  { embedder, generator }: Pick<ProfileBindings, "embedder" | "generator">,
  { providers, embedders, generators }: Models,
): PreloadedModel[] {
  const settings = [
    embedder === null ? undefined : embedders[embedder],
    generator === null ? undefined : generators[generator],
  ];
  const found = settings.flatMap((each) => {
    if (each === undefined || providers[each.provider]?.kind !== "ollama") return [];
    const { provider: server, model, vramMib, shared } = each;
    return [{ server, model, place: vramMib !== undefined && !shared, shared }];
  });
  const different = found.filter((each, place) => found.findIndex((other) => isSame(each, other)) === place);
  return different.sort((left, right) => Number(left.place) - Number(right.place));
}

export function isSame(left: PreloadedModel, right: PreloadedModel): boolean {
  return left.server === right.server && left.model === right.model;
}

/** What may leave memory for the first of the activations, newest first: what the others needed and it does not. */
export function leavingModels([newest, ...older]: readonly { models: PreloadedModel[] }[]): PreloadedModel[] {
  const wanted = newest?.models ?? [];
  const found = older.flatMap(({ models }) => models).filter(({ shared }) => !shared);
  return found.filter(
    (each, place) =>
      found.findIndex((other) => isSame(each, other)) === place &&
      !wanted.some((other) => isSame(each, other)),
  );
}
