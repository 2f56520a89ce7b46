/** The inbox on the wire: what there is to show, and what the visitor does with it. */

import { anonymousId, user } from "./visitor";

export interface Ask {
  question: string;
  form: "reaction" | "rating" | "choice" | "text";
  answers: { answer: string; title: string }[];
}

export interface Message {
  messageId: string;
  channel: "inbox" | "web";
  headline: string;
  text?: string;
  image?: string;
  link?: string;
  linkTitle?: string;
  place?: "centre" | "corner" | "top";
  ask?: Ask;
  createdAt: string;
  until: string;
  shown: boolean;
  clicked: boolean;
  answered: boolean;
}

export type Act = "shown" | "clicked" | "dismissed" | "answered";
/** It counts; it was done before, perhaps elsewhere; it is gone; there is no such answer. */
export type Result = "first" | "again" | "gone" | "refused";

const TRIES = 3;
const RETRY_MS = 800;

export class Inbox {
  private warned = false;

  constructor(
    private readonly host: string,
    private readonly writeKey: string,
  ) {}

  /** What there is to show; undefined when that cannot be said now. */
  async fetch(): Promise<Message[] | undefined> {
    const who = this.who();
    if (!who) return [];
    const query = new URLSearchParams(
      who.userId ? { user_id: who.userId } : { anonymous_id: who.anonymousId },
    );
    const headers: Record<string, string> = { authorization: "Basic " + btoa(this.writeKey + ":") };
    if (who.userHash) headers["x-user-hash"] = who.userHash;
    try {
      const answer = await fetch(`${this.host}/v1/inbox?${query}`, {
        headers,
        credentials: "omit",
      });
      if (!answer.ok) return undefined;
      return (await answer.json()).messages;
    } catch {
      return undefined;
    }
  }

  /** Tell what was done; undefined when nobody could be told. */
  async act(messageId: string, act: Act, answer?: string): Promise<Result | undefined> {
    const who = this.who();
    if (!who) return undefined;
    const acts = [{ messageId, act, answer }];
    const body = JSON.stringify({ writeKey: this.writeKey, ...who, acts });
    for (let tried = 1; ; tried++) {
      try {
        const said = await fetch(this.host + "/v1/inbox", {
          method: "POST",
          headers: { "content-type": "text/plain" },
          body,
          keepalive: true,
          credentials: "omit",
        });
        if (said.ok) return (await said.json()).results[0].result;
        if (said.status < 500 && said.status !== 429) return undefined;
      } catch {
        // No network, or no answer: what is told twice counts once.
      }
      if (tried === TRIES) return undefined;
      await new Promise((go) => setTimeout(go, RETRY_MS * tried));
    }
  }

  private who(): { userId?: string; userHash?: string; anonymousId: string } | undefined {
    const known = user();
    if (!known) return { anonymousId: anonymousId() };
    if (known.hash) return { userId: known.id, userHash: known.hash, anonymousId: anonymousId() };
    if (!this.warned) {
      console.warn("rapport: a user's messages need the user hash: identify(id, traits, {userHash})");
    }
    this.warned = true;
    return undefined;
  }
}
