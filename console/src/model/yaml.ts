/** Journeys as YAML: what `rapport journey pull` writes and `rapport apply` reads. */
import { LineCounter, parseAllDocuments, stringify, type Tags } from "yaml";
import { type Fields, isFields, type Json } from "./json.ts";
import type { Journey } from "./journey.ts";

// The command reads neither hexadecimal numbers nor infinities: these are texts to it.
const plain = (tags: Tags): Tags =>
  tags.filter((tag) => typeof tag === "string" || !("format" in tag) || !["HEX", "OCT"].includes(String(tag.format)));

/** A journey as a document that `rapport apply` takes. */
export function yamlOf(journey: Journey): string {
  return stringify({ kind: "journey", ...journey }, { lineWidth: 100, aliasDuplicateObjects: false });
}

/** Any value as YAML, for parts that have no form. */
export function partAsYaml(value: Json): string {
  return stringify(value, { lineWidth: 80, aliasDuplicateObjects: false }).trimEnd();
}

export class YamlError extends Error {}

/** The value in a text; throws YamlError with the line. */
export function partFromYaml(text: string): Json {
  const [document] = documents(text);
  return document ?? null;
}

/** The journeys in a text of documents; those of other kinds are passed over. Throws YamlError. */
export function journeysIn(text: string): Journey[] {
  const found = documents(text).filter((one): one is Fields => isFields(one) && (one.kind ?? "journey") === "journey");
  if (!found.length) throw new YamlError("no document of `kind: journey`");
  return found.map((document) => {
    const { kind: _, publish: __, ...journey } = document;
    if (typeof journey.journey_id !== "string" || !Array.isArray(journey.steps)) {
      throw new YamlError("a journey needs `journey_id` and `steps`");
    }
    return journey as Journey;
  });
}

function documents(text: string): Json[] {
  const lines = new LineCounter();
  const parsed = parseAllDocuments(text, { customTags: plain, lineCounter: lines, uniqueKeys: true });
  if (!Array.isArray(parsed)) return [];
  return parsed.map((document) => {
    const [error] = document.errors;
    if (error) throw new YamlError(error.message);
    return document.toJS({ maxAliasCount: 0 }) as Json;
  }).filter((value) => value !== null && value !== undefined);
}

