/**
 * Events on their way: kept in storage until the server has them, sent in batches on the wire of
 * Segment's clients. An event keeps its id however often it is sent, so repetition does no harm.
 */

import { names, parsed, recall, remember } from "./storage";
import { randomId } from "./visitor";

export type Fields = Record<string, unknown>;

const PREFIX = "rapport.queue.";
const MOST_KEPT = 500;
const MOST_EVENTS = 50;
/** Browsers let a page that goes away send 64 KB in all. */
const MOST_CHARACTERS = 50_000;
const PAUSE_MS = 1_000;
const FIRST_RETRY_MS = 1_000;
const LONGEST_RETRY_MS = 60_000;
const ABANDONED_MS = 60_000;

export class Queue {
  private readonly name = PREFIX + randomId();
  private waiting: Fields[] = [];
  private timer: number | undefined;
  private retries = 0;
  private sending = false;

  constructor(
    private readonly host: string,
    private readonly writeKey: string,
  ) {
    this.adopt();
    addEventListener("pagehide", () => this.leave());
    document.addEventListener("visibilitychange", () => {
      if (document.visibilityState === "hidden") this.leave();
    });
    addEventListener("online", () => this.later(0));
  }

  add(event: Fields): void {
    this.waiting.push(event);
    // The oldest give way when nothing gets through for very long.
    this.waiting = this.waiting.slice(-MOST_KEPT);
    this.keep();
    if (!this.timer) this.later(PAUSE_MS);
  }

  private later(ms: number): void {
    clearTimeout(this.timer);
    this.timer = window.setTimeout(() => {
      this.timer = undefined;
      void this.send();
    }, ms);
  }

  private async send(): Promise<void> {
    const batch = this.head();
    if (!batch.length || this.sending) return;
    this.sending = true;
    let answer: Response | undefined;
    try {
      // As text, so that browsers ask nobody for leave before they send.
      answer = await fetch(this.host + "/v1/batch", {
        method: "POST",
        headers: { "content-type": "text/plain" },
        body: this.body(batch),
        keepalive: true,
        credentials: "omit",
      });
    } catch {
      // No network, or no answer: it is sent again.
    }
    this.sending = false;
    if (!answer || answer.status === 429 || answer.status >= 500) {
      this.later(this.pause(answer?.headers.get("retry-after")));
      return;
    }
    if (!answer.ok) console.warn("rapport: events were refused", await answer.text());
    this.retries = 0;
    this.forget(batch);
    if (this.waiting.length) this.later(0);
  }

  /** Twice as long each time, with a random share, so that not everybody comes back at once. */
  private pause(retryAfter: string | null | undefined): number {
    const asked = Number(retryAfter ?? 0) * 1_000 || 0;
    const longest = Math.min(LONGEST_RETRY_MS, FIRST_RETRY_MS * 2 ** this.retries++);
    return Math.max(asked, longest * (0.5 + Math.random() / 2));
  }

  /** The page may go away for good: let the browser bring what is left. */
  private leave(): void {
    while (navigator.onLine && this.waiting.length) {
      const batch = this.head();
      const text = new Blob([this.body(batch)], { type: "text/plain" });
      if (!navigator.sendBeacon?.(this.host + "/v1/batch", text)) break;
      this.forget(batch);
    }
    this.keep();
  }

  private head(): Fields[] {
    const batch: Fields[] = [];
    let characters = 0;
    for (const event of this.waiting.slice(0, MOST_EVENTS)) {
      characters += JSON.stringify(event).length;
      if (batch.length && characters > MOST_CHARACTERS) break;
      batch.push(event);
    }
    return batch;
  }

  private body(batch: Fields[]): string {
    const sentAt = new Date().toISOString();
    return JSON.stringify({ writeKey: this.writeKey, sentAt, batch });
  }

  private forget(batch: Fields[]): void {
    const gone = new Set(batch);
    this.waiting = this.waiting.filter((event) => !gone.has(event));
    this.keep();
  }

  private keep(): void {
    const { waiting } = this;
    const text = JSON.stringify({ at: Date.now(), waiting });
    remember(this.name, waiting.length ? text : undefined);
  }

  /** Take over what pages have left behind that did not get to send it. */
  private adopt(): void {
    for (const name of names(PREFIX)) {
      const left = parsed(recall(name));
      if (left?.at > Date.now() - ABANDONED_MS) continue;
      remember(name, undefined);
      if (Array.isArray(left?.waiting)) this.waiting.push(...left.waiting);
    }
    if (this.waiting.length) {
      this.keep();
      this.later(PAUSE_MS);
    }
  }
}
