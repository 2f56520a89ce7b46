/** Who is at this browser: a random anonymous id and, once the page says so, a user. */

import { parsed, recall, remember } from "./storage";

const BROWSER = "rapport.anonymous";
const USER = "rapport.user";

export interface User {
  id: string;
  /** The proof of the customer's server that this page speaks for the user; empty without one. */
  hash: string;
}

export function anonymousId(): string {
  const known = recall(BROWSER);
  if (known) return known;
  const made = randomId();
  remember(BROWSER, made);
  return made;
}

export function user(): User | undefined {
  const known = parsed(recall(USER));
  return typeof known?.id === "string" && typeof known.hash === "string" ? known : undefined;
}

export function signIn(id: string, hash: string | undefined): void {
  const before = user();
  const kept = before?.id === id ? before.hash : "";
  remember(USER, JSON.stringify({ id, hash: hash ?? kept }));
}

/** Who is at the screen. */
export interface Visitor {
  user: string | undefined;
  browser: string;
}

export function visitor(): Visitor {
  return { user: user()?.id, browser: anonymousId() };
}

/** Whether it is one person: who signs in was here before, who signed out is here no more. */
export function isStill(before: Visitor): boolean {
  return before.user ? user()?.id === before.user : anonymousId() === before.browser;
}

/** Tell when another tab of the browser has somebody else come or go. */
export function onChangeElsewhere(tell: () => void): void {
  addEventListener("storage", ({ key }) => {
    if (key === null || key === USER || key === BROWSER) tell();
  });
}

/** Forget everybody: who comes next to this browser is somebody else. */
export function forget(): void {
  remember(USER, undefined);
  remember(BROWSER, undefined);
}

export function randomId(): string {
  // `crypto.randomUUID` exists on secure pages only.
  if (crypto.randomUUID) return crypto.randomUUID();
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
