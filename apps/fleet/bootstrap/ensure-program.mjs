import { accessSync, chmodSync, constants, existsSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { runQuietly } from "./run-quietly.mjs";

/** How each package manager installs, and what it calls what we need. */
const managers = [
  {
    program: "apt-get",
    install: (packages) => [
      ["apt-get", "update"],
      ["apt-get", "install", "-y", "--no-install-recommends", ...packages],
    ],
    packages: {
      "redis-server": ["redis-server"],
      strace: ["strace"],
      compilers: ["python3", "make", "g++"],
      postgres: ["postgresql"],
      mariadbd: ["mariadb-server"],
    },
  },
  {
    program: "apk",
    install: (packages) => [["apk", "add", ...packages]],
    packages: {
      "redis-server": ["redis"],
      strace: ["strace"],
      compilers: ["python3", "make", "g++"],
      postgres: ["postgresql"],
      mariadbd: ["mariadb"],
    },
  },
  {
    program: "dnf",
    install: (packages) => [["dnf", "install", "-y", ...packages]],
    packages: {
      "redis-server": ["valkey"],
      strace: ["strace"],
      compilers: ["python3", "make", "gcc-c++"],
      postgres: ["postgresql-server"],
      mariadbd: ["mariadb-server"],
    },
  },
  {
    program: "brew",
    install: (packages) => [["brew", "install", ...packages]],
    packages: { "redis-server": ["redis"], postgres: ["postgresql@17"], mariadbd: ["mariadb"] },
  },
];

/**
 * Makes sure that one of the programs is on the PATH, the first being the one to install. Where this process may not
 * install, it says the one line that does, and leaves it to the caller to go on without.
 */
export async function ensureProgram(names) {
  if (names.some(isOnPath)) return;
  await installPackages(names[0]);
}

/** Whether there is a C++ compiler with what builds need beside it, installed now where that is possible. */
export async function ensureCompilers() {
  return ["python3", "make", "g++"].every(isOnPath) || (await installPackages("compilers"));
}

/** Debian keeps the servers of PostgreSQL apart, one folder for each version. */
function serverFolders() {
  const versions = "/usr/lib/postgresql";
  const folders = existsSync(versions)
    ? readdirSync(versions).map((version) => `${versions}/${version}/bin`)
    : [];
  return ["/usr/sbin", "/usr/libexec", ...folders];
}

function isOnPath(program) {
  return [...(process.env.PATH ?? "").split(path.delimiter), ...serverFolders()].some((folder) => {
    try {
      accessSync(path.join(folder, program), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

async function installPackages(need) {
  const manager = managers.find(({ program, packages }) => isOnPath(program) && packages[need]);
  if (manager === undefined) {
    console.log(`Not found: ${need}. Please install it.`);
    return false;
  }
  const steps = manager.install(manager.packages[need]);
  const line = steps.map((step) => step.join(" ")).join(" && ");
  if (process.getuid?.() !== 0) {
    console.log(
      `Not found: ${need}. To install it: ${manager.program === "brew" ? line : `sudo sh -c '${line}'`}`,
    );
    return false;
  }
  console.log(`Installing ${manager.packages[need].join(", ")} with ${manager.program}.`);
  return await withoutServiceStart(() => runSteps(steps));
}

async function runSteps(steps) {
  const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
  for (const [program, ...parameters] of steps) {
    const { code, output } = await runQuietly(program, parameters, { env });
    if (code !== 0) {
      console.log(`${program} ${parameters.join(" ")} failed:\n${output.trim()}`);
      return false;
    }
  }
  return true;
}

const policyFile = "/usr/sbin/policy-rc.d";

/** Debian starts a service when it installs it; a second Redis on port 6379 is nobody's wish. */
async function withoutServiceStart(task) {
  if (!existsSync("/usr/sbin") || !isOnPath("dpkg") || existsSync(policyFile)) return await task();
  writeFileSync(policyFile, "#!/bin/sh\nexit 101\n");
  chmodSync(policyFile, 0o755);
  try {
    return await task();
  } finally {
    rmSync(policyFile, { force: true });
  }
}
