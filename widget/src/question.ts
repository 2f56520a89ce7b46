/** A question that comes with a message, or that a page asks by itself. */

import { make } from "./dom";
import type { Ask } from "./inbox";
import type { Words } from "./words";

/** Gives what was answered to the server; false when it did not get through. */
export type Give = (answer: string) => Promise<boolean>;

/** `title` is what is asked, said once more for whoever hears the page. */
export function question(ask: Ask, title: string, words: Words, give: Give): HTMLElement {
  const said = make("p", { class: "said", role: "status", tabindex: "-1" });
  const form = make("fieldset", {}, make("legend", { class: "heard" }, title));
  const box = make("div", {}, form, said);
  const answered = async (answer: string) => {
    form.disabled = true;
    const done = await give(answer);
    form.disabled = done;
    form.hidden = done;
    said.textContent = done ? words.thanks : words.failed;
    if (done) said.focus(); // and not back to the beginning of the page
  };
  if (ask.form === "text") form.append(...ownWords(words, answered));
  else form.append(make("div", { class: "answers" }, ...buttons(ask, words, answered)));
  return box;
}

function buttons(ask: Ask, words: Words, answered: (answer: string) => void): HTMLElement[] {
  const button = (answer: string, title: string, label?: string) =>
    make(
      "button",
      { type: "button", click: () => answered(answer), ...(label && { "aria-label": label }) },
      title,
    );
  if (ask.form === "reaction") {
    const reactions = ["like", "not_interested", "tell_me_more"] as const;
    return reactions.map((one) => button(one, words[one]));
  }
  if (ask.form === "rating") {
    return ["1", "2", "3", "4", "5"].map((one) => button(one, one, words.rating(one)));
  }
  return ask.answers.map(({ answer, title }) => button(answer, title || answer));
}

function ownWords(words: Words, answered: (answer: string) => void): HTMLElement[] {
  const field = make("textarea", { rows: "3", maxlength: "500" });
  const send = () => field.value.trim() && answered(field.value.trim());
  return [
    make("label", {}, words.answer, field),
    make("button", { type: "button", class: "main", click: send }, words.send),
  ];
}
