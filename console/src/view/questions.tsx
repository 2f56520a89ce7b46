/** What an operator is asked before something that cannot be undone, or when two saved at once. */
import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { ApiError, type MoveState } from "../api.ts";
import type { Journey } from "../model/journey.ts";
import { journeysIn, YamlError, yamlOf } from "../model/yaml.ts";
import { useDesk } from "./desk.ts";
import { Dialog } from "./dialog.tsx";
import { AreaField, Button } from "./fields.tsx";
import { Icon } from "./icons.tsx";
import { Progress } from "./launch.tsx";

export function Conflict({ theirs, mine, onMine, onTheirs, onClose }: { theirs: number; mine: number | null; onMine: () => void; onTheirs: () => void; onClose: () => void }): JSX.Element {
  const { t } = useDesk();
  const actions = (
    <>
      <Button onClick={onTheirs}>{t("conflict_theirs")}</Button>
      <Button kind="primary" onClick={onMine}>{t("conflict_mine")}</Button>
    </>
  );
  return (
    <Dialog title={t("conflict")} onClose={onClose} actions={actions}>
      <p>{mine === null ? t("conflict_taken", { n: theirs }) : t("conflict_says", { n: theirs, m: mine })}</p>
    </Dialog>
  );
}

export function Stopping({ journeyId, onStopped, onClose }: { journeyId: string; onStopped: () => void; onClose: () => void }): JSX.Element {
  const { api, t, language } = useDesk();
  const [inside, setInside] = useState<"stay" | "end">("stay");
  const [move, setMove] = useState<MoveState | null>(null);
  const [stopped, setStopped] = useState(false);
  const [busy, setBusy] = useState(false);
  const [wrong, setWrong] = useState("");
  const path = `journeys/${encodeURIComponent(journeyId)}`;
  const stop = async (): Promise<void> => {
    if (!api) return;
    setBusy(true);
    try {
      let now = (await api.post<{ move: MoveState | null }>(`${path}/archive`, { inside })).move;
      setStopped(true);
      onStopped();
      while (now) {
        setMove(now);
        if (now.status === "moved" || now.status === "failed") break;
        await new Promise((resolve) => setTimeout(resolve, 1_000));
        now = (await api.get<{ move: MoveState }>(`${path}/moves/${now.move}`)).move;
      }
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      setWrong(error.said(language));
    } finally {
      setBusy(false);
    }
  };
  const actions = stopped ? <Button onClick={onClose}>{t("done")}</Button> : (
    <>
      <Button onClick={onClose}>{t("cancel")}</Button>
      <Button kind="danger" disabled={busy} onClick={() => void stop()}>{t("stop_now")}</Button>
    </>
  );
  return (
    <Dialog title={t("stop").replace(/ ?…/, "")} onClose={onClose} actions={actions}>
      {wrong ? <p class="mistake" role="alert">{wrong}</p> : null}
      {stopped ? <p class="clean" role="status"><Icon name="check" />{t("stopped")}</p> : (
        <fieldset class="group radios">
          <legend>{t("stop_says")}</legend>
          {(["stay", "end"] as const).map((choice) => (
            <label key={choice}>
              <input type="radio" name="inside" checked={inside === choice} onChange={() => setInside(choice)} />
              {choice === "stay" ? t("stop_stay") : t("stop_end")}
            </label>
          ))}
        </fieldset>
      )}
      {move ? <Progress move={move} /> : null}
    </Dialog>
  );
}

export function Deleting({ journeyId, onDeleted, onClose }: { journeyId: string; onDeleted: () => void; onClose: () => void }): JSX.Element {
  const { api, t, language } = useDesk();
  const [wrong, setWrong] = useState("");
  const run = async (): Promise<void> => {
    try {
      await api?.call("DELETE", `journeys/${encodeURIComponent(journeyId)}`);
      onDeleted();
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      setWrong(error.said(language));
    }
  };
  const actions = (
    <>
      <Button onClick={onClose}>{t("cancel")}</Button>
      <Button kind="danger" onClick={() => void run()}>{t("delete").replace(/ ?…/, "")}</Button>
    </>
  );
  return (
    <Dialog title={t("delete").replace(/ ?…/, "")} onClose={onClose} actions={actions}>
      <p>{t("delete_says")}</p>
      {wrong ? <p class="mistake" role="alert">{wrong}</p> : null}
    </Dialog>
  );
}

/** The whole document as YAML: everything that no form shows can be written here. */
export function TextEditor({ journey, onApply, onClose }: { journey: Journey; onApply: (journey: Journey) => void; onClose: () => void }): JSX.Element {
  const { t } = useDesk();
  const [text, setText] = useState(yamlOf(journey));
  const [wrong, setWrong] = useState("");
  const apply = (): void => {
    try {
      const [read] = journeysIn(text);
      if (read) onApply({ ...read, journey_id: journey.journey_id });
    } catch (error) {
      if (!(error instanceof YamlError)) throw error;
      setWrong(t("yaml_odd", { why: error.message }));
    }
  };
  const actions = (
    <>
      <Button onClick={onClose}>{t("cancel")}</Button>
      <Button kind="primary" onClick={apply}>{t("apply")}</Button>
    </>
  );
  return (
    <Dialog title={t("as_text").replace(/ ?…/, "")} onClose={onClose} actions={actions} wide>
      <div class="code"><AreaField label="YAML" value={text} onInput={setText} rows={22} error={wrong || undefined} /></div>
    </Dialog>
  );
}
