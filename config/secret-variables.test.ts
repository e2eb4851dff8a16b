import { expect, test } from "vitest";
import { dropSecrets, secretsOf, secretVariables, withoutSecrets } from "./secret-variables.ts";

const environment = {
  PATH: "/bin",
  LAKEFLEET_SECRET_KEY: "sk-1",
  LAKEFLEET_SECRET_SHOP: "postgres://shop",
  LAKEFLEET_SECRET_EMPTY: "",
  LAKEFLEET_ADMIN_KEY: "0123456789abcdef",
};
const known = {
  secrets: secretsOf(environment),
  adminKey: environment.LAKEFLEET_ADMIN_KEY,
  models: { providers: { remote: { secret: "KEY" }, local: {} } },
};

test("a process has the secrets of its uses and no others", () => {
  expect(secretVariables(known, [])).toEqual({});
  expect(secretVariables(known, ["models"])).toEqual({ LAKEFLEET_SECRET_KEY: "sk-1" });
  expect(secretVariables(known, ["databases"])).toEqual({ LAKEFLEET_SECRET_SHOP: "postgres://shop" });
  expect(secretVariables(known, ["admin"])).toEqual({ LAKEFLEET_ADMIN_KEY: "0123456789abcdef" });
});

test("an environment without its secrets keeps everything else", () => {
  expect(withoutSecrets(environment)).toEqual({ PATH: "/bin" });
  const own: Record<string, string | undefined> = { ...environment };
  dropSecrets(own);
  expect(own).toEqual({ PATH: "/bin" });
});
