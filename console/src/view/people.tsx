/** Who went through a journey, and why somebody got something or did not. */
import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { ApiError, type JourneyFigures } from "../api.ts";
import type { Bilingual } from "../model/json.ts";
import { useDesk } from "./desk.ts";
import { Dialog } from "./dialog.tsx";
import { Button, SelectField, TextField } from "./fields.tsx";

interface Why {
  text: Bilingual;
  tries: { at: string; trigger: string; text: Bilingual }[];
  runs: { version: number; text: Bilingual; decisions: { at: string; step: string; text: Bilingual; message: { status: string; text: Bilingual } | null }[]; unsent: { step: string; text: Bilingual }[] }[];
}

const KINDS = ["user_id", "email", "phone", "anonymous_id", "profile_id"];

export function People({ journeyId, figures, onClose }: { journeyId: string; figures: JourneyFigures | null; onClose: () => void }): JSX.Element {
  const { api, t, say, language } = useDesk();
  const [kind, setKind] = useState("user_id");
  const [value, setValue] = useState("");
  const [why, setWhy] = useState<Why | null>(null);
  const [wrong, setWrong] = useState("");
  const ask = async (): Promise<void> => {
    if (!api || !value) return;
    try {
      setWhy(await api.get<Why>(`journeys/${encodeURIComponent(journeyId)}/why?kind=${kind}&value=${encodeURIComponent(value)}`));
      setWrong("");
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      setWhy(null);
      setWrong(error.said(language));
    }
  };
  return (
    <Dialog title={t("people").replace(/ ?…/, "")} onClose={onClose} wide>
      {figures ? (
        <section class="part">
          <h3>{t("figures")}</h3>
          <dl class="figures">
            <div><dt>{t("entered")}</dt><dd>{figures.started}</dd></div>
            <div><dt>{t("inside_now")}</dt><dd>{figures.active}</dd></div>
            <div><dt>{t("completed")}</dt><dd>{figures.completed}</dd></div>
            {Object.entries(figures.exited).map(([reason, count]) => <div key={reason}><dt>{t("exited_by")} {reason}</dt><dd>{count}</dd></div>)}
          </dl>
        </section>
      ) : null}
      <section class="part">
        <h3>{t("why_title")}</h3>
        <form class="row" onSubmit={(event) => { event.preventDefault(); void ask(); }}>
          <SelectField label={t("why_kind")} value={kind} choices={KINDS.map((id) => ({ id, title: id }))} onChange={setKind} />
          <TextField label={t("why_value")} value={value} onInput={setValue} />
          <Button kind="primary" icon="search" onClick={() => void ask()}>{t("why_ask")}</Button>
        </form>
        {wrong ? <p class="mistake" role="alert">{wrong}</p> : null}
        {why ? (
          <div class="why" role="status">
            <p><strong>{say(why.text)}</strong></p>
            <ul>{why.tries.map((one, place) => <li key={place}><time>{one.at}</time> {one.trigger}: {say(one.text)}</li>)}</ul>
            {why.runs.map((run, place) => (
              <div key={place} class="run">
                <h4>{t("version")} {run.version}</h4>
                <ol>
                  {run.decisions.map((one, index) => (
                    <li key={index}>
                      <time>{one.at}</time> {one.step ? <strong>{one.step}</strong> : null} {say(one.text)}
                      {one.message ? <span class="help"> → {say(one.message.text)}</span> : null}
                    </li>
                  ))}
                  {run.unsent.map((one, index) => <li key={`unsent ${index}`}><strong>{one.step}</strong> {say(one.text)}</li>)}
                </ol>
                <p>{say(run.text)}</p>
              </div>
            ))}
          </div>
        ) : null}
      </section>
    </Dialog>
  );
}
