import { createRequire } from "node:module";

/**
 * The copy of Arrow that LanceDB itself loads. The package keeps another one for `import`: both together take twice the
 * time and memory, and LanceDB takes a table of the other's classes apart and puts it together again.
 */
export const arrow: typeof import("apache-arrow") = createRequire(import.meta.url)("apache-arrow");
