/** What there is to say of a journey, each at the step that it is about. */
import type { Bilingual } from "./json.ts";
import type { Journey } from "./journey.ts";

export interface Finding {
  severity: "error" | "warning";
  code: string;
  path: string;
  message: Bilingual;
  hint: Bilingual | null;
}

/** A finding with the step that it is about; `null` for those about the journey itself. */
export interface Placed extends Finding {
  step: string | null;
  field: string;
}

const STEP = /^steps\[(\d+)\]\.?(.*)$/;

/** Findings at the steps of the journey that was checked: places in the list become names. */
export function placed(findings: readonly Finding[], journey: Journey): Placed[] {
  return findings.map((finding) => {
    const [, place, field] = STEP.exec(finding.path) ?? [];
    const step = place === undefined ? undefined : journey.steps[Number(place)];
    return { ...finding, step: step?.name ?? null, field: step ? (field ?? "") : finding.path };
  });
}

/** What an answer of 400 says, as findings: the shape of the document is not right yet. */
export function refused(details: readonly { path: string; message: string }[], message: string): Finding[] {
  const all = details.length ? details : [{ path: "", message }];
  return all.map((one) => ({
    severity: "error",
    code: "invalid",
    path: one.path,
    message: { en: one.message, zh: one.message },
    hint: null,
  }));
}
