/**
 * Rapport on a page: tracks, shows what was written to the visitor, and takes what they say.
 *
 *   <script async src="https://events.example.com/widget.js" data-key="wk_…"></script>
 *
 * Calls before it is loaded are kept: `(window.rapport ||= []).push(["track", "cart", {value: 42}])`.
 */

import { type Ask, Inbox, type Message } from "./inbox";
import { type Fields, Queue } from "./queue";
import { View } from "./view";
import {
  anonymousId,
  forget,
  isStill,
  onChangeElsewhere,
  randomId,
  signIn,
  user,
  visitor,
} from "./visitor";
import { wordsFor } from "./words";

const VERSION = "1";
const POLL_SECONDS = 30;

interface Question extends Ask {
  title: string;
  text?: string;
}
type Survey = Question | { questions: Question[] };

class Widget {
  private readonly queue: Queue;
  private readonly inbox: Inbox;
  private readonly view: View;
  private readonly done = new Set<string>();
  private messages: Message[] = [];
  private popups: Message[] = [];
  private showing = false;
  private looking = false;
  private again = false;
  private here = visitor();

  constructor(
    host: string,
    writeKey: string,
    private readonly options: DOMStringMap,
  ) {
    this.queue = new Queue(host, writeKey);
    this.inbox = new Inbox(host, writeKey);
    const asked = options.lang || document.documentElement.lang || navigator.language;
    const { language, words } = wordsFor(asked);
    const looks = {
      language,
      launcher: options.inbox !== "off",
      contact: options.contact !== "off",
    };
    this.view = new View(words, looks, {
      clicked: (message) => void this.inbox.act(message.messageId, "clicked"),
      dismissed: (message) => this.dismiss(message),
      opened: () => this.seen(),
      answer: (message, answer) => this.answer(message, answer),
      contact: (text, reply) => this.askForPerson(text, reply),
    });
    this.watch();
  }

  identify(id: string, traits: Fields = {}, options: { userHash?: string } = {}): void {
    signIn(id, options.userHash);
    this.send({ type: "identify", traits });
    void this.refresh();
  }

  track(event: string, properties: Fields = {}): void {
    this.send({ type: "track", event, properties });
  }

  page(name?: string, properties: Fields = {}): void {
    const { title } = document;
    const here = { url: location.href, path: location.pathname, title, ...properties };
    this.send({ type: "page", name, properties: here });
  }

  /** Forget who was here, as when they sign out. */
  reset(): void {
    forget();
    this.turnOver();
  }

  open(): void {
    this.view.open();
  }

  /**
   * Ask something that no message came with, one question after the other until one is closed
   * without an answer; each answer is the event `feedback_given`.
   */
  async survey(survey: Survey): Promise<void> {
    const questions = "questions" in survey ? survey.questions : [survey];
    for (const [place, question] of questions.entries()) {
      if (!(await this.ask(question, place < questions.length - 1))) return;
    }
  }

  private ask(question: Question, followed: boolean): Promise<boolean> {
    const { title, text, ...ask } = question;
    const now = new Date().toISOString();
    const popup: Message = {
      messageId: "",
      channel: "web",
      headline: title,
      ...(text && { text }),
      place: "corner",
      ask: { ...ask, answers: ask.answers ?? [] },
      createdAt: now,
      until: now,
      shown: true,
      clicked: false,
      answered: false,
    };
    return this.view.popup(popup, followed);
  }

  push(call: [string, ...any[]]): void {
    const [name, ...rest] = call;
    const methods = ["identify", "track", "page", "reset", "open", "survey", "refresh"];
    if (methods.includes(name)) (this as any)[name](...rest);
  }

  /** Look what there is, and show it; asked meanwhile, it looks once more. */
  async refresh(): Promise<void> {
    this.turnOver();
    this.again = true; // who asks now may know of more than an answer that is under way
    if (this.looking) return;
    this.looking = true;
    while (this.again) {
      this.again = false;
      const before = visitor();
      const found = await this.inbox.fetch();
      const came = user()?.id !== before.user || !isStill(before);
      if (came) this.again = true; // somebody else, meanwhile
      else if (found) this.show(found);
    }
    this.looking = false;
  }

  /** Take what somebody was shown off the screen once they are gone. */
  private turnOver(): void {
    const stays = isStill(this.here);
    this.here = visitor();
    if (stays) return;
    this.messages = [];
    this.popups = [];
    this.view.show([]);
    this.view.closePopups();
  }

  private show(found: Message[]): void {
    this.messages = found.filter((one) => one.channel === "inbox" && !this.done.has(one.messageId));
    this.view.show(this.messages);
    if (this.view.isOpen) this.seen();
    this.popups = found.filter((one) => one.channel === "web");
    void this.popUp();
  }

  /** One popup after the other; each only if no other device or page has shown it. */
  private async popUp(): Promise<void> {
    if (this.showing) return;
    this.showing = true;
    for (let popup = this.nextPopup(); popup; popup = this.nextPopup()) {
      this.done.add(popup.messageId);
      const asked = visitor();
      const shown = await this.inbox.act(popup.messageId, "shown");
      if (shown === "first" && isStill(asked)) await this.view.popup(popup);
    }
    this.showing = false;
  }

  private nextPopup(): Message | undefined {
    return this.popups.find((one) => !this.done.has(one.messageId));
  }

  private seen(): void {
    for (const message of this.messages.filter((one) => !one.shown)) {
      message.shown = true;
      void this.inbox.act(message.messageId, "shown");
    }
    this.view.show(this.messages);
  }

  private dismiss(message: Message): void {
    if (!message.messageId) return;
    this.done.add(message.messageId);
    this.messages = this.messages.filter((one) => one.messageId !== message.messageId);
    this.view.show(this.messages);
    void this.inbox.act(message.messageId, "dismissed");
  }

  private async answer(message: Message, answer: string): Promise<boolean> {
    if (!message.messageId) {
      this.track("feedback_given", { question: message.ask?.question, answer });
      return true;
    }
    const result = await this.inbox.act(message.messageId, "answered", answer);
    return result === "first" || result === "again";
  }

  private askForPerson(text: string, reply: string): void {
    this.track("contact_requested", {
      text,
      ...(reply && { reply }),
      url: location.href,
      language: document.documentElement.lang || navigator.language,
    });
  }

  private send(event: Fields): void {
    const known = user();
    this.queue.add({
      ...event,
      messageId: randomId(),
      timestamp: new Date().toISOString(),
      anonymousId: anonymousId(),
      ...(known && { userId: known.id }),
      context: {
        library: { name: "rapport-widget", version: VERSION },
        locale: navigator.language,
        page: { url: location.href, referrer: document.referrer, title: document.title },
        ...(known?.hash && { userHash: known.hash }),
      },
    });
  }

  /** Look again while the page is being looked at. */
  private watch(): void {
    const seconds = Number(this.options.poll ?? POLL_SECONDS);
    if (seconds > 0) {
      setInterval(() => {
        if (document.visibilityState === "visible") void this.refresh();
      }, seconds * 1_000);
    }
    onChangeElsewhere(() => void this.refresh());
    // Who asks not to be followed is not followed unasked.
    const quiet = (navigator as any).globalPrivacyControl || navigator.doNotTrack === "1";
    if (this.options.pages !== "off" && !quiet) this.page();
    void this.refresh();
  }
}

const script = document.currentScript as HTMLScriptElement | null;
const key = script?.dataset.key;

function begin(): void {
  const held: unknown = (window as any).rapport;
  const widget = new Widget(new URL(script!.src).origin, key!, script!.dataset);
  (window as any).rapport = widget;
  if (Array.isArray(held)) for (const call of held) widget.push(call);
}

if (!key) console.error("rapport: the script has no data-key");
else if (document.body) begin();
else addEventListener("DOMContentLoaded", begin);
