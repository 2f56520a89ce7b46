/**
 * What is seen. Everything stands in one shadow root with a style sheet that is made by script, so
 * the page's own styles stay out and no content security policy has to be loosened. Dialogs are the
 * browser's own: a modal one keeps the focus inside, closes on Escape and gives the focus back.
 */

import { icon, make, safeLink } from "./dom";
import type { Ask, Message } from "./inbox";
import { type Give, question } from "./question";
import { STYLE } from "./style";
import type { Words } from "./words";

const SPEECH = "M4 5h16v11H9l-5 4z";

export interface Deeds {
  clicked(message: Message): void;
  dismissed(message: Message): void;
  opened(): void;
  answer(message: Message, answer: string): Promise<boolean>;
  contact(text: string, reply: string): void;
}

export interface Looks {
  language: string;
  launcher: boolean;
  contact: boolean;
}

export class View {
  private readonly root = make("div", { class: "root auto" });
  private readonly panel: HTMLDialogElement;
  private readonly items = new Map<string, HTMLLIElement>();
  private readonly list = make("ul", { class: "list" });
  private readonly empty: HTMLElement;
  private readonly launcher: HTMLButtonElement;
  private readonly badge = make("span", { class: "badge", "aria-hidden": "true" });

  constructor(
    private readonly words: Words,
    private readonly looks: Looks,
    private readonly deeds: Deeds,
  ) {
    const host = make("div", { id: "rapport-widget", lang: looks.language });
    const shadow = host.attachShadow({ mode: "open" });
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(STYLE);
    shadow.adoptedStyleSheets = [sheet];
    this.empty = make("p", { class: "empty" }, words.empty);
    this.panel = this.makePanel();
    this.launcher = make(
      "button",
      { type: "button", class: "launcher", "aria-haspopup": "dialog", click: () => this.toggle() },
      icon(SPEECH),
      this.badge,
    );
    this.launcher.hidden = !looks.launcher;
    this.root.append(this.launcher, this.panel);
    shadow.append(this.root);
    this.show([]);
    document.body.append(host);
  }

  /** Show these messages in the panel, and how many of them are new. */
  show(messages: Message[]): void {
    const wanted = new Set(messages.map((message) => message.messageId));
    for (const [id, item] of this.items) {
      if (wanted.has(id)) continue;
      item.remove();
      this.items.delete(id);
    }
    // What is there stays as it is: somebody may be reading, or writing an answer.
    messages.forEach((message, place) => {
      const known = this.items.get(message.messageId);
      const item = known ?? make("li", {}, this.article(message, "h3"));
      this.items.set(message.messageId, item);
      if (this.list.children[place] !== item) this.list.insertBefore(item, this.list.children[place] ?? null);
    });
    this.empty.hidden = messages.length > 0;
    this.list.hidden = !messages.length;
    const unread = messages.filter((message) => !message.shown).length;
    this.badge.textContent = String(unread);
    this.badge.hidden = !unread;
    const label = unread ? this.words.unread(unread) : this.words.inbox;
    this.launcher.setAttribute("aria-label", label);
  }

  get isOpen(): boolean {
    return this.panel.open;
  }

  open(): void {
    if (this.panel.open) return;
    this.panel.show();
    this.deeds.opened();
  }

  /**
   * Show a popup; it ends when it is closed, by whatever way, and says whether it was answered. One
   * that is `followed` by another closes with its answer.
   */
  popup(message: Message, followed = false): Promise<boolean> {
    return new Promise((closed) => {
      const place = message.place ?? "centre";
      let answered = false;
      const close = () => dialog.close();
      const onward = () => {
        answered = true;
        if (followed) close();
      };
      const article = this.article(message, "h2", close, onward);
      const dialog = make(
        "dialog",
        {
          class: "popup " + place,
          "aria-label": message.headline,
          cancel: () => this.deeds.dismissed(message),
          close: () => end(),
        },
        article,
      );
      const end = () => {
        dialog.remove();
        closed(answered);
      };
      this.root.append(dialog);
      if (place === "centre") {
        dialog.showModal();
        return;
      }
      // It lies over the page and does not hold it up: neither modal, nor does it take the focus.
      dialog.addEventListener("keydown", (event) => {
        if (event.key === "Escape") dialog.querySelector<HTMLElement>(".x")?.click();
      });
      dialog.setAttribute("open", "");
    });
  }

  /** Take away every popup, as when who it was for is gone; nobody has dismissed it. */
  closePopups(): void {
    for (const dialog of this.root.querySelectorAll<HTMLDialogElement>("dialog.popup")) {
      dialog.close();
    }
  }

  private toggle(): void {
    if (this.panel.open) this.panel.close();
    else this.open();
  }

  private article(
    message: Message,
    heading: "h2" | "h3",
    close?: () => void,
    answered?: () => void,
  ): HTMLElement {
    const { words, deeds } = this;
    const link = safeLink(message.link);
    const image = safeLink(message.image);
    const article = make(
      "article",
      {},
      image && make("img", { src: image, alt: "", loading: "lazy" }),
      make(heading, {}, message.headline),
      message.text && make("p", {}, message.text),
      message.ask && this.ask(message, message.ask, answered),
      link && this.link(message, link, close),
    );
    const remove = () => {
      close?.();
      deeds.dismissed(message);
      // The focus must not fall out of the panel with what it stood on.
      if (!close) this.panel.querySelector<HTMLElement>(".x")?.focus();
    };
    const label = close ? words.close : words.dismiss;
    article.append(
      make("button", { type: "button", class: "x", "aria-label": label, click: remove }, "×"),
    );
    return article;
  }

  private ask(message: Message, ask: Ask, answered?: () => void): HTMLElement {
    const give: Give = async (answer) => {
      const done = await this.deeds.answer(message, answer);
      if (done) answered?.();
      return done;
    };
    return question(ask, message.headline, this.words, give);
  }

  private link(message: Message, href: string, close?: () => void): HTMLElement {
    const click = () => {
      this.deeds.clicked(message);
      close?.();
    };
    const there = new URL(href).origin === location.origin ? "_self" : "_blank";
    const attributes = { class: "go", href, target: there, rel: "noopener", click };
    return make("a", attributes, message.linkTitle || this.words.open);
  }

  private makePanel(): HTMLDialogElement {
    const { words } = this;
    const close = () => this.panel.close();
    const panel = make(
      "dialog",
      { class: "panel", "aria-labelledby": "title", close: () => this.launcher.focus() },
      make(
        "div",
        { class: "head" },
        make("h2", { id: "title" }, words.inbox),
        make("button", { type: "button", class: "x", "aria-label": words.close, click: close }, "×"),
      ),
      this.list,
      this.empty,
      this.looks.contact && this.makeContact(),
    );
    panel.addEventListener("keydown", (event) => {
      if (event.key === "Escape") close();
    });
    return panel;
  }

  private makeContact(): HTMLElement {
    const { words } = this;
    const text = make("textarea", { rows: "3", maxlength: "1000", required: "" });
    const reply = make("input", { type: "text", maxlength: "200", autocomplete: "email" });
    const said = make("p", { class: "said", role: "status" });
    const send = (event: Event) => {
      event.preventDefault();
      if (!text.value.trim()) return text.focus();
      this.deeds.contact(text.value.trim(), reply.value.trim());
      text.value = "";
      form.hidden = true;
      said.textContent = words.contactSent;
      begin.hidden = false;
      begin.focus();
    };
    const form = make(
      "form",
      { submit: send },
      make("label", {}, words.contactText, text),
      make("label", {}, words.contactReply, reply),
      make("button", { type: "submit", class: "main" }, words.send),
    );
    form.hidden = true;
    const open = () => {
      said.textContent = "";
      form.hidden = false;
      begin.hidden = true;
      text.focus();
    };
    const begin = make("button", { type: "button", class: "main", click: open }, words.contact);
    return make("div", { class: "foot" }, begin, form, said);
  }
}
