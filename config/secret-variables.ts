/** `LAKEFLEET_SECRET_<NAME>`: a secret, where no file of the data folder holds it. */
const prefix = "LAKEFLEET_SECRET_";
const adminKey = "LAKEFLEET_ADMIN_KEY";

/** What a process needs secrets for: keys of model servers, DSNs of databases, to know who may force a promotion. */
export type SecretUse = "models" | "databases" | "admin";

type Environment = Record<string, string | undefined>;

/** The secrets of an environment by their names. */
export function secretsOf(environment: Environment): Record<string, string> {
  const found = Object.entries(environment).flatMap(([variable, value]) =>
    variable.startsWith(prefix) && value ? [[variable.slice(prefix.length), value]] : [],
  );
  return Object.fromEntries(found);
}

export function withoutSecrets(environment: Environment): Environment {
  return Object.fromEntries(Object.entries(environment).filter(([variable]) => !isSecret(variable)));
}

/** Takes the secrets out of an environment once they are read, so that no child inherits them unasked. */
export function dropSecrets(environment: Environment): void {
  for (const variable of Object.keys(environment).filter(isSecret)) delete environment[variable];
}

/**
 * The variables of the secrets that a process with these uses needs. A secret that a provider of models names is for
 * models; any other may be asked for by a schedule or a request at any time, so all of them are for databases.
 */
export function secretVariables(
  known: {
    secrets: Record<string, string>;
    adminKey: string | undefined;
    models: { providers: Record<string, { secret?: string | undefined }> };
  },
  uses: readonly SecretUse[],
): Environment {
  const ofModels = new Set(Object.values(known.models.providers).map(({ secret }) => secret));
  const wanted = Object.entries(known.secrets).filter(([name]) =>
    uses.includes(ofModels.has(name) ? "models" : "databases"),
  );
  return {
    ...Object.fromEntries(wanted.map(([name, value]) => [prefix + name, value])),
    ...(uses.includes("admin") ? { [adminKey]: known.adminKey } : {}),
  };
}

function isSecret(variable: string): boolean {
  return variable.startsWith(prefix) || variable === adminKey;
}
