const prefix = "intent-";

/** The name under which the DSN of one request is kept until that request has ended. */
export function intentSecret(intent: string): string {
  return prefix + intent;
}

/** The request whose secret that is; undefined for one that a person keeps. */
export function intentOfSecret(name: string): string | undefined {
  return name.startsWith(prefix) ? name.slice(prefix.length) : undefined;
}
