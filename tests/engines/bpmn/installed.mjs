// Loads what tests/run has installed below the folder in which a script is started.
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";

export const require = createRequire(process.cwd() + "/");

export const installed = (name) => import(pathToFileURL(require.resolve(name)));
