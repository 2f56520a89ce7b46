/** Before a launch: what the check says, who is inside and where each would go, and what it costs. */
import type { JSX } from "preact";
import { useEffect, useState } from "preact/hooks";
import { ApiError, type Cost, type JourneyState, type MoveChoices, type MoveState } from "../api.ts";
import type { Placed } from "../model/findings.ts";
import { placed } from "../model/findings.ts";
import { type Journey, stepNamed } from "../model/journey.ts";
import { channelWord } from "../words.ts";
import { useDesk } from "./desk.ts";
import { Dialog } from "./dialog.tsx";
import { Button, NumberField, SelectField } from "./fields.tsx";
import { Icon } from "./icons.tsx";
import { Findings } from "./panel.tsx";

/** Those who stand in a step of an older version, and what becomes of them unless told otherwise. */
interface Standing { version: number; step: string; here: number; kept: boolean }

const VERSIONS_BACK = 8;
const POLL = 1_000;

export function Launch({ state, onClose, onLaunched }: { state: JourneyState; onClose: () => void; onLaunched: (state: JourneyState) => void }): JSX.Element {
  const { api, t, language } = useDesk();
  const { journey, version } = state;
  const [findings, setFindings] = useState<Placed[] | null>(null);
  const [blocked, setBlocked] = useState(true);
  const [standing, setStanding] = useState<Standing[] | null>(null);
  const [moves, setMoves] = useState(false);
  const [fates, setFates] = useState<Record<string, string>>({});
  const [busy, setBusy] = useState(false);
  const [launched, setLaunched] = useState(false);
  const [move, setMove] = useState<MoveState | null>(null);
  const [wrong, setWrong] = useState("");

  useEffect(() => {
    if (!api) return;
    const fail = (error: unknown): void => setWrong(error instanceof ApiError ? error.said(language) : String(error));
    api.check(journey).then((checked) => {
      setFindings(placed(checked.findings, journey));
      setBlocked(!checked.publishable);
    }, fail);
    whoStands(state, (at) => api.figures(journey.journey_id, at), (at) => api.get<JourneyState>(`journeys/${journey.journey_id}?version=${at}`))
      .then(setStanding, fail);
  }, []);

  const attempt = async (work: () => Promise<void>): Promise<void> => {
    setBusy(true);
    setWrong("");
    try {
      await work();
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      setWrong(error.said(language));
    } finally {
      setBusy(false);
    }
  };

  const path = `journeys/${encodeURIComponent(journey.journey_id)}`;
  const follow = async (begun: MoveState, until: MoveState["status"][]): Promise<MoveState> => {
    let now = begun;
    setMove(now);
    while (!until.includes(now.status)) {
      await new Promise((resolve) => setTimeout(resolve, POLL));
      now = (await (api as NonNullable<typeof api>).get<{ move: MoveState }>(`${path}/moves/${begun.move}`)).move;
      setMove(now);
    }
    return now;
  };
  const carry = async (begun: MoveState): Promise<void> => {
    await follow(begun, ["moved", "failed"]);
  };
  const run = async (counted: MoveState): Promise<void> => {
    const choices = choicesOf(counted, fates);
    if (!choices) return; // somebody stands where nobody had chosen: the lines below ask
    if (!counted.lines.length) return;
    const begun = await (api as NonNullable<typeof api>).post<{ move: MoveState }>(`${path}/moves/${counted.move}/run`, choices);
    await carry(begun.move);
  };
  const launch = (): Promise<void> => attempt(async () => {
    if (!api) return;
    const published = await api.post<JourneyState>(`${path}/publish`);
    setLaunched(true);
    onLaunched(published);
    if (!moves) return;
    const begun = await api.post<{ move: MoveState }>(`${path}/moves`);
    const counted = await follow(begun.move, ["counted", "failed"]);
    if (counted.status === "counted") await run(counted);
  });

  const older = (standing ?? []).filter((one) => one.here > 0);
  const undecided = moves && older.some((one) => !one.kept && !fates[one.step]);
  const asks = move?.status === "counted" && move.lines.length > 0;
  const actions = launched ? (
    <>
      {asks ? <Button kind="primary" disabled={busy || !choicesOf(move, fates)} onClick={() => void attempt(() => run(move))}>{t("inside_move", { n: version })}</Button> : null}
      {move?.status === "failed" ? <Button disabled={busy} onClick={() => void attempt(async () => carry((await (api as NonNullable<typeof api>).post<{ move: MoveState }>(`${path}/moves/${move.move}/retry`)).move))}>{t("carry_on")}</Button> : null}
      <Button onClick={onClose}>{t("done")}</Button>
    </>
  ) : (
    <>
      <Button onClick={onClose}>{t("cancel")}</Button>
      <Button kind="primary" icon="rocket" disabled={busy || blocked || undecided} onClick={() => void launch()}>{t("launch_now", { n: version })}</Button>
    </>
  );

  return (
    <Dialog title={t("launch_title", { title: journey.title })} onClose={onClose} actions={actions} wide>
      {wrong ? <p class="mistake" role="alert">{wrong}</p> : null}
      {!launched && state.status === "published" && state.published_version === version ? <p class="help">{t("launch_unchanged")}</p> : null}
      {launched ? <p class="clean" role="status"><Icon name="check" />{t("launched", { n: version })}</p> : null}
      {launched ? null : (
        <section class="part">
          <h3>{t("launch_check")}</h3>
          {findings === null ? <p class="help">{t("checking")}</p> : findings.length === 0 ? <p class="clean"><Icon name="check" />{t("check_clean")}</p> : null}
          {findings && blocked ? <p class="mistake">{t("launch_blocked")}</p> : null}
          {findings ? <Findings findings={findings} journey onSelect={onClose} /> : null}
        </section>
      )}
      {launched && !move ? null : (
        <section class="part">
          <h3>{t("launch_inside")}</h3>
          {launched ? null : standing === null ? <p class="help">{t("loading")}</p> : older.length === 0 ? <p class="help">{t("nobody_inside")}</p> : (
            <>
              <p class="help">{t("inside_says")}</p>
              <fieldset class="group radios">
                <legend class="hidden">{t("launch_inside")}</legend>
                {[false, true].map((choice) => (
                  <label key={String(choice)}>
                    <input type="radio" name="inside" checked={moves === choice} onChange={() => setMoves(choice)} />
                    {choice ? t("inside_move", { n: version }) : t("inside_stay")}
                  </label>
                ))}
              </fieldset>
            </>
          )}
          {move && move.status !== "counted" ? <Progress move={move} /> : null}
          {!launched && older.length ? <Fates rows={older} journey={journey} active={moves} fates={fates} onChange={setFates} /> : null}
          {launched && asks ? <Fates rows={linesOf(move)} journey={journey} active fates={fates} onChange={setFates} /> : null}
        </section>
      )}
      {launched ? null : <Price state={state} />}
    </Dialog>
  );
}

function linesOf(move: MoveState): Standing[] {
  return move.lines.map((line) => ({
    version: line.version, step: line.step, here: line.waiting + line.ready, kept: line.what === "same",
  }));
}

/** What was chosen, in the words of the API; `null` where a step still needs a choice. */
function choicesOf(move: MoveState, fates: Record<string, string>): MoveChoices | null {
  const choices: MoveChoices = { to: {}, end: [], keep: [] };
  for (const line of linesOf(move)) {
    const fate = fates[line.step] ?? "";
    if (!fate && !line.kept) return null;
    if (fate === "end") choices.end.push(line.step);
    else if (fate === "keep") choices.keep.push(line.step);
    else if (fate) choices.to[line.step] = fate.slice(1);
  }
  choices.end = [...new Set(choices.end)];
  choices.keep = [...new Set(choices.keep)];
  return choices;
}

/** Who stands where under the latest versions, by the counters; a step of the same name and kind is kept. */
async function whoStands(
  state: JourneyState, figures: (version: number) => Promise<{ steps: { step: string; here: number }[] }>,
  load: (version: number) => Promise<JourneyState>,
): Promise<Standing[]> {
  const published = state.published_version;
  if (published === null) return [];
  const versions = Array.from({ length: Math.min(published, VERSIONS_BACK) }, (_, back) => published - back)
    .filter((version) => version !== state.version);
  const found = await Promise.all(versions.map(async (version) => {
    const steps = (await figures(version)).steps.filter((step) => step.here > 0);
    const old = steps.length ? (await load(version)).journey : null;
    return steps.map((step) => ({ version, ...step, kept: keeps(old, state.journey, step.step) }));
  }));
  return found.flat();
}

function keeps(old: Journey | null, journey: Journey, name: string): boolean {
  const kept = stepNamed(journey, name);
  return kept !== undefined && kept.type === (old && stepNamed(old, name)?.type);
}

/** Each line says how many stand where and what becomes of them: "31 stand in a removed step: choose". */
function Fates({ rows, journey, active, fates, onChange }: {
  rows: Standing[]; journey: Journey; active: boolean; fates: Record<string, string>; onChange: (fates: Record<string, string>) => void;
}): JSX.Element {
  const { t, language } = useDesk();
  const count = new Intl.NumberFormat(language === "zh" ? "zh-CN" : "en");
  const choices = [
    ...journey.steps.map((step) => ({ id: `>${step.name}`, title: t("fate_to", { step: step.name }) })),
    { id: "end", title: t("fate_end") },
    { id: "keep", title: t("fate_keep") },
  ];
  return (
    <ul class="fates">
      {rows.map((row) => (
        <li key={`${row.version} ${row.step}`} data-needs={active && !row.kept && !fates[row.step] ? "" : undefined}>
          <span><strong>{count.format(row.here)}</strong> {t("stands")} “{row.step}” <span class="help">({t("older_versions", { n: row.version })})</span></span>
          {active ? (
            <SelectField
              label={`“${row.step}” →`} value={fates[row.step] ?? ""} choices={choices}
              empty={row.kept ? t("fate_same") : t("fate_choose")} onChange={(fate) => onChange({ ...fates, [row.step]: fate })}
            />
          ) : <span class="fate">→ {row.kept ? `“${row.step}”` : t("fate_choose")}</span>}
        </li>
      ))}
    </ul>
  );
}

export function Progress({ move }: { move: MoveState }): JSX.Element {
  const { t } = useDesk();
  const done = move.moved + move.ended + move.kept + move.passed + move.failed;
  switch (move.status) {
    case "counting": return <p class="help" role="status">{t("counting")}</p>;
    case "failed": return <p class="mistake" role="alert">{t("move_failed", { why: move.reason })}</p>;
    case "moved": return (
      <div role="status">
        <p class="clean"><Icon name="check" />{t("moved", { moved: move.moved, ended: move.ended, kept: move.kept, passed: move.passed, failed: move.failed })}</p>
        {move.unchosen ? <p class="mistake">{t("move_unchosen", { n: move.unchosen })}</p> : null}
      </div>
    );
    default: return <p class="help" role="status">{t("moving", { done, all: move.inside })}</p>;
  }
}

function Price({ state }: { state: JourneyState }): JSX.Element {
  const { api, t, language } = useDesk();
  const [people, setPeople] = useState<number | null>(10_000);
  const [budget, setBudget] = useState<number | null>(null);
  const [cost, setCost] = useState<Cost | null>(null);
  const [wrong, setWrong] = useState("");
  useEffect(() => {
    if (!api || !people) return undefined;
    let current = true;
    const ask = setTimeout(() => {
      api.post<{ cost: Cost }>(`journeys/${encodeURIComponent(state.journey.journey_id)}/cost`, { people, version: state.version, ...(budget ? { budget_usd: budget } : {}) })
        .then((answer) => { if (current) { setCost(answer.cost); setWrong(""); } })
        .catch((error: unknown) => { if (current) setWrong(error instanceof ApiError ? error.message : String(error)); });
    }, 250);
    return () => { current = false; clearTimeout(ask); };
  }, [people, budget]);
  const money = (range: { least: number; most: number }): string => {
    const format = new Intl.NumberFormat(language === "zh" ? "zh-CN" : "en", { style: "currency", currency: "USD", maximumFractionDigits: range.most < 1 ? 4 : 2 });
    const [least, most] = [format.format(range.least), format.format(range.most)];
    return least === most ? least : `${least} – ${most}`;
  };
  return (
    <section class="part price">
      <h3>{t("launch_price")}</h3>
      <div class="row">
        <NumberField label={t("for_people")} value={people} least={1} onInput={setPeople} />
        <NumberField label={t("budget")} value={budget} least={0} step="any" onInput={setBudget} />
      </div>
      {wrong ? <p class="help">{t("not_priced", { why: wrong })}</p> : cost === null ? <p class="help">{t("loading")}</p> : (
        <>
          <table>
            <tbody>
              {cost.clocks.map((one) => (
                <tr key={one.clock} data-chosen={one.clock === cost.clock ? "" : undefined}>
                  <th scope="row">{one.clock === "due_index" ? t("clock_due_index") : t("clock_step_functions")}{one.clock === cost.clock ? <span class="tag">{t("chosen")}</span> : null}</th>
                  <td>{money(one.usd)}</td>
                </tr>
              ))}
              {cost.delivery.map((one) => (
                <tr key={one.channel}><th scope="row">{t("delivery", { channel: channelWord(one.channel, language) })}</th><td>{money(one.usd)}</td></tr>
              ))}
              <tr class="total"><th scope="row">{t("in_all")}</th><td>{money(cost.total_usd)}</td></tr>
            </tbody>
          </table>
          {cost.is_within_budget === null ? null : <p class={cost.is_within_budget ? "clean" : "mistake"}>{cost.is_within_budget ? t("within_budget") : t("over_budget")}</p>}
          <p class="help">{t("list_prices", { day: cost.prices_as_of })}</p>
        </>
      )}
    </section>
  );
}
