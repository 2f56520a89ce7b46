/** The admin API, under the same address as this page. */
import type { Fields, Json } from "./model/json.ts";
import type { Finding } from "./model/findings.ts";
import type { Journey } from "./model/journey.ts";
import { type Word, word } from "./words.ts";
import type { Language } from "./model/json.ts";

export interface JourneyState {
  journey: Journey;
  version: number;
  status: "draft" | "published" | "paused" | "archived";
  published_version: number | null;
  updated_at: string;
}
export interface JourneyFigures { status: string; started: number; active: number; completed: number; exited: Record<string, number> }
export interface StepFigures { step: string; here: number; passed: number; ways: Record<string, number> }
export interface JourneySteps { version: number; figures: JourneyFigures; steps: StepFigures[] }
export interface MoveLine { version: number; step: string; waiting: number; ready: number; what: "same" | "to" | "end" | "keep" | "choose"; to: string | null }
export interface MoveState {
  move: number; version: number; status: "counting" | "counted" | "moving" | "moved" | "failed"; reason: string;
  inside: number; lines: MoveLine[]; moved: number; ended: number; kept: number; unchosen: number; passed: number; failed: number;
}
export interface MoveChoices { to: Record<string, string>; end: string[]; keep: string[] }
interface Range { least: number; most: number }
export interface Cost {
  people: number; clock: string; clocks: { clock: string; usd: Range }[];
  delivery: { channel: string; parts: Range; usd: Range; is_sure: boolean }[];
  total_usd: Range; budget_usd: number | null; is_within_budget: boolean | null; prices_as_of: string;
}
export interface Checked { publishable: boolean; findings: Finding[] }

export class ApiError extends Error {
  readonly status: number;
  readonly details: { path: string; message: string }[];
  constructor(status: number, message: string, details: { path: string; message: string }[] = []) {
    super(message);
    this.status = status;
    this.details = details;
  }
  /** In the operator's language where it is none of the server's own sentences. */
  said(language: Language): string {
    const known: Record<number, Word> = { 0: "no_answer", 401: "wrong_key", 500: "went_wrong", 502: "went_wrong", 503: "busy", 504: "busy" };
    const key = known[this.status];
    return key ? word(language, key) : word(language, "refused", { why: this.message });
  }
}

/** An operator's access token, not the admin key: each has a door of its own. */
export const isToken = (key: string): boolean => /^eyJ[^.]*\.[^.]+\.[^.]*$/.test(key);

/** What lies above the page: `/console` and `/console/` are the same page. */
const BASE = location.pathname.replace(/\/console\/?$/, "/");

export class Api {
  readonly key: string;
  constructor(key: string) {
    this.key = key;
  }

  async call<T>(method: string, path: string, body?: Json | object): Promise<T> {
    let response: Response;
    try {
      response = await fetch(`${BASE}v1/${isToken(this.key) ? "operator" : "admin"}/${path}`, {
        method,
        headers: { authorization: `Bearer ${this.key}`, ...(body === undefined ? {} : { "content-type": "application/json" }) },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
        cache: "no-store",
        credentials: "omit",
        referrerPolicy: "no-referrer",
      });
    } catch {
      throw new ApiError(0, "no answer");
    }
    const answer = (await response.json().catch(() => ({}))) as Fields;
    if (!response.ok) {
      const details = Array.isArray(answer.details) ? (answer.details as { path: string; message: string }[]) : [];
      throw new ApiError(response.status, String(answer.message ?? response.statusText), details);
    }
    return answer as T;
  }

  get<T>(path: string): Promise<T> {
    return this.call<T>("GET", path);
  }
  post<T>(path: string, body?: Json | object): Promise<T> {
    return this.call<T>("POST", path, body);
  }

  journey(id: string): Promise<JourneyState> {
    return this.get(`journeys/${encodeURIComponent(id)}`);
  }
  /** Saves a draft; an ApiError of 409 when the newest version is not `basedOn` (0: there is none yet). */
  save(journey: Journey, basedOn: number | null): Promise<JourneyState> {
    const query = basedOn === null ? "" : `?based_on=${basedOn}`;
    return this.call("PUT", `journeys/${encodeURIComponent(journey.journey_id)}${query}`, journey);
  }
  check(journey: Journey): Promise<Checked> {
    return this.post("journeys/check", journey);
  }
  figures(id: string, version?: number): Promise<JourneySteps> {
    return this.get(`journeys/${encodeURIComponent(id)}/figures${version ? `?version=${version}` : ""}`);
  }
}
