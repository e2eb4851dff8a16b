import { DomainError } from "../errors/domain-error.ts";
import { planLance } from "../vector/format/lance-plan.ts";
import { IndexParameters } from "../vector/index-parameters.ts";

/** Some fields of a configuration as a request or a job carries them. */
export type ParameterFields = Record<string, string | number>;

/**
 * The whole configuration that the fields ask for: what they leave open is as it is in `current`, or by the defaults
 * where they ask for another backend. A field that is unknown, out of its range or of the other backend is `invalid`,
 * `index-parameters`, with its name.
 */
export function completeParameters(fields: ParameterFields, current: IndexParameters): IndexParameters {
  const backend = fields["backend"] ?? current.backend;
  return parseParameters(backend === current.backend ? { ...current, ...fields } : fields);
}

/** A whole configuration, checked. Throws as `completeParameters` does. */
export function parseParameters(fields: object): IndexParameters {
  const parsed = IndexParameters.safeParse(fields);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  const unknown = issue?.code === "unrecognized_keys" ? issue.keys[0] : undefined;
  const name = unknown ?? issue?.path.join(".");
  throw new DomainError({
    kind: "invalid",
    type: "index-parameters",
    field: name ? `parameters.${name}` : "parameters",
    message: unknown
      ? `The backend ${JSON.stringify("backend" in fields ? fields.backend : null)} has no parameter ${JSON.stringify(unknown.slice(0, 100))}.`
      : `${name || "parameters"}: ${issue?.message}.`,
    remedy: "GET /openapi.json lists the parameters of each backend.",
    cause: parsed.error,
  });
}

/** Refuses what could not be built of these vectors: `invalid`, `index-parameters`. */
export function checkBuildable(
  parameters: IndexParameters,
  { dimension, vectorCount }: { dimension: number; vectorCount: number },
): void {
  if (parameters.backend === "lance") planLance(parameters, dimension, vectorCount);
}
