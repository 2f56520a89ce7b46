// Renders one Liquid template many times in liquidjs. On standard input come `source`, `variables`
// and `runs`; standard output tells what one rendering gave, and the seconds of processor time.
import { readFileSync } from "node:fs";
import { Liquid } from "liquidjs";

const { source, variables, runs } = JSON.parse(readFileSync(0, "utf8"));
const engine = new Liquid({ outputEscape: "escape", strictVariables: true, strictFilters: true });
const template = engine.parse(source);
const shown = engine.renderSync(template, variables);
for (let run = 0; run < runs / 10; run++) engine.renderSync(template, variables);
const before = process.cpuUsage();
for (let run = 0; run < runs; run++) engine.renderSync(template, variables);
const { user, system } = process.cpuUsage(before);
console.log(JSON.stringify({ shown, cpu_seconds: (user + system) / 1e6 }));
