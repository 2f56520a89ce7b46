/** Builds the page into the function that serves it: one script and one style, named by what is in them, and the page that loads them. */
import { build } from "esbuild";
import { cp, mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const here = dirname(fileURLToPath(import.meta.url));
const dist = join(here, "../functions/serve_console/pages");
await rm(dist, { recursive: true, force: true });
await mkdir(dist);
const built = await build({
  absWorkingDir: here,
  entryPoints: { app: "src/main.tsx", style: "src/style.css" },
  entryNames: "[name]-[hash]",
  outdir: dist,
  bundle: true,
  minify: true,
  format: "esm",
  target: ["es2022"],
  jsx: "automatic",
  jsxImportSource: "preact",
  legalComments: "eof",
  metafile: true,
});
const named = (end) => Object.keys(built.metafile.outputs).map((name) => basename(name)).find((name) => name.endsWith(end));
const page = await readFile(join(here, "src/index.html"), "utf8");
await writeFile(join(dist, "index.html"), page.replace("STYLE", named(".css")).replace("SCRIPT", named(".js")));
await cp(join(here, "src/icon.svg"), join(dist, "icon.svg"));
