/** The canvas: cards, arrows between them, and a place to put a step on each arrow. */
import type { JSX, TargetedDragEvent, TargetedKeyboardEvent } from "preact";
import { useCallback, useEffect, useLayoutEffect, useMemo, useRef, useState } from "preact/hooks";
import type { StepFigures } from "../api.ts";
import type { Spot } from "../model/edits.ts";
import type { Placed } from "../model/findings.ts";
import { END, type Journey, KINDS, type Step, stepNamed } from "../model/journey.ts";
import { type Arrow, CARD, ENTRY, layoutOf, type Node, pathThrough } from "../model/layout.ts";
import { entryText, stepText, wayText } from "../model/summary.ts";
import { KIND_WORDS } from "../words.ts";
import { useDesk } from "./desk.ts";
import { Icon } from "./icons.tsx";
import { IconButton } from "./fields.tsx";

/** What is dragged: a new step of a kind, a step that stands there, or the end of an arrow. */
export type Dragged = { kind: string } | { step: string } | { from: string; field: string };
export const DRAG = "application/x-rapport";

export function dragging(event: TargetedDragEvent<HTMLElement>, what: Dragged): void {
  event.dataTransfer?.setData(DRAG, JSON.stringify(what));
  event.dataTransfer?.setData("text/plain", "");
  document.body.dataset.dragging = "from" in what ? "arrow" : "step";
}

export function dropped(): void {
  delete document.body.dataset.dragging;
}

function draggedOf(event: TargetedDragEvent<HTMLElement>): Dragged | null {
  const text = event.dataTransfer?.getData(DRAG);
  return text ? (JSON.parse(text) as Dragged) : null;
}

interface Props {
  journey: Journey;
  selected: string | null;
  figures: Map<string, StepFigures>;
  findings: Placed[];
  onSelect: (step: string | null) => void;
  onAdd: (spot: Spot) => void;
  onDropStep: (spot: Spot, what: Dragged) => void;
  onConnect: (from: string, field: string, to: string) => void;
  onRemove: (step: string) => void;
}

const LEGIBLE = 0.85;
const ZOOMS = { least: 0.3, most: 1.5 };

export function Canvas(props: Props): JSX.Element {
  const { t } = useDesk();
  const { journey } = props;
  const layout = useMemo(() => layoutOf(journey), [journey]);
  const scroller = useRef<HTMLDivElement>(null);
  const [zoom, setZoom] = useState(1);
  const [center, setCenter] = useState(true);

  const fit = useCallback((least: number, whole: boolean) => {
    const box = scroller.current;
    if (!box) return;
    const wide = (box.clientWidth - 24) / layout.width;
    const scale = whole ? Math.min(wide, (box.clientHeight - 24) / layout.height, 1) : Math.min(wide, 1);
    setZoom(Math.max(least, scale));
    setCenter(true);
  }, [layout]);
  // At first all ways are in view side by side, as long as they can be read.
  useLayoutEffect(() => fit(LEGIBLE, false), []);
  const zoomBy = (factor: number): void => setZoom((now) => Math.min(ZOOMS.most, Math.max(ZOOMS.least, now * factor)));

  useLayoutEffect(() => {
    const box = scroller.current;
    if (!box || !center) return;
    const entry = layout.nodes.find((node) => node.kind === "entry");
    if (entry) box.scrollLeft = entry.x * zoom - box.clientWidth / 2;
    setCenter(false);
  }, [center, layout, zoom]);

  useEffect(() => {
    if (props.selected === null) return;
    const card = scroller.current?.querySelector<HTMLElement>(`[data-step="${CSS.escape(props.selected)}"]`);
    card?.scrollIntoView({ block: "nearest", inline: "nearest" });
  }, [props.selected]);

  const walk = (event: TargetedKeyboardEvent<HTMLDivElement>): void => {
    const name = (event.target as HTMLElement).dataset.step;
    if (name === undefined) return;
    const toward = onward(layout.arrows, layout.nodes, name, event.key);
    if (toward !== null) {
      event.preventDefault();
      scroller.current?.querySelector<HTMLElement>(`[data-step="${CSS.escape(toward)}"]`)?.focus();
    } else if (event.key === "Delete" && name !== "") {
      event.preventDefault();
      props.onRemove(name);
    }
  };

  const order = [ENTRY, ...journey.steps.map((step) => step.name)];
  const nodes = [...layout.nodes].sort((left, right) => order.indexOf(left.id) - order.indexOf(right.id));
  return (
    <section class="canvas" aria-label={t("canvas")}>
      <p class="hidden" id="canvas-help">{t("canvas_help")}</p>
      <div
        class="scroller" ref={scroller} role="group" aria-label={t("canvas")} aria-describedby="canvas-help" onKeyDown={walk}
        onClick={(event) => { if (!(event.target as Element).closest("button")) props.onSelect(null); }}
        onWheel={(event) => { if (event.ctrlKey || event.metaKey) { event.preventDefault(); zoomBy(event.deltaY < 0 ? 1.1 : 1 / 1.1); } }}
      >
        <div class="sheet-frame" style={px({ width: layout.width * zoom, height: layout.height * zoom })}>
          <div class="sheet" style={{ ...px({ width: layout.width, height: layout.height }), transform: `scale(${zoom})` }}>
            <svg width={layout.width} height={layout.height} aria-hidden="true">
              <defs>
                <marker id="tip" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="11" markerHeight="11" markerUnits="userSpaceOnUse" orient="auto">
                  <path d="M0 .5 7.5 4 0 7.5z" />
                </marker>
              </defs>
              {layout.arrows.map((arrow) => (
                <path
                  key={`${arrow.from}>${arrow.field}`} class={arrow.field === "to" ? "arrow back" : "arrow"}
                  data-on={props.selected !== null && (arrow.from === props.selected || arrow.to === props.selected) ? "" : undefined}
                  d={pathThrough(arrow.points)} marker-end="url(#tip)"
                />
              ))}
            </svg>
            {nodes.map((node) => (
              <NodeCard key={node.id} node={node} {...props} arrows={layout.arrows.filter((arrow) => arrow.from === node.id)} />
            ))}
          </div>
        </div>
      </div>
      <div class="zoom" role="group" aria-label={t("zoom")}>
        <IconButton icon="plus" label={t("zoom_in")} onClick={() => zoomBy(1.2)} />
        <button type="button" class="icon-button" aria-label={t("zoom_out")} title={t("zoom_out")} onClick={() => zoomBy(1 / 1.2)}>
          <svg class="icon" viewBox="0 0 20 20" aria-hidden="true"><path d="M4 10h12" /></svg>
        </button>
        <IconButton icon="fit" label={t("fit")} onClick={() => fit(ZOOMS.least, true)} />
      </div>
    </section>
  );
}

/** The card that an arrow key leads to: along a way, back along one, or to a neighbour. */
function onward(arrows: readonly Arrow[], nodes: readonly Node[], name: string, key: string): string | null {
  const id = name === "" ? ENTRY : name;
  const named = (one: string | undefined): string | null => (one === undefined ? null : one === ENTRY ? "" : one);
  const cards = nodes.filter((node) => node.kind === "entry" || node.kind === "step");
  const is = (one: string): boolean => cards.some((node) => node.id === one);
  if (key === "ArrowDown") return named(arrows.find((arrow) => arrow.from === id && arrow.field !== "to" && is(arrow.to))?.to);
  if (key === "ArrowUp") return named(arrows.find((arrow) => arrow.to === id && arrow.field !== "to")?.from);
  if (key !== "ArrowLeft" && key !== "ArrowRight") return null;
  const here = cards.find((node) => node.id === id);
  const side = key === "ArrowLeft" ? -1 : 1;
  const beside = cards
    .filter((node) => here && Math.abs(node.y - here.y) < CARD.height && (node.x - here.x) * side > 0)
    .sort((left, right) => (left.x - right.x) * side);
  return named(beside[0]?.id);
}

function NodeCard({ node, arrows, ...props }: Props & { node: Node; arrows: Arrow[] }): JSX.Element {
  const { t } = useDesk();
  const place = px({ left: node.x - node.width / 2, top: node.y - node.height / 2, width: node.width, height: node.height });
  if (node.kind === "end") return <div class="pill" style={place}>{t("end")}</div>;
  if (node.kind === "missing") return <div class="pill missing" style={place}>{t("missing_step", { step: node.name })}</div>;
  return (
    <>
      {node.kind === "entry" ? <EntryCard place={place} {...props} /> : <StepCard place={place} step={stepNamed(props.journey, node.name)} {...props} />}
      {arrows.map((arrow) => <AddSpot key={arrow.field} arrow={arrow} {...props} />)}
    </>
  );
}

type Place = Record<string, string>;

function px(sizes: Record<string, number>): Place {
  return Object.fromEntries(Object.entries(sizes).map(([name, size]) => [name, `${size}px`]));
}

function EntryCard({ place, journey, selected, onSelect, findings }: Props & { place: Place }): JSX.Element {
  const { t, names, language } = useDesk();
  const own = findings.filter((one) => one.step === null);
  return (
    <button type="button" class="card" data-tone="entry" data-step="" style={place} aria-pressed={selected === ""} onClick={() => onSelect("")}>
      <span class="tile"><Icon name="entry" /></span>
      <span class="card-text">
        <span class="card-kind">{t("entry")}</span>
        <span class="card-name">{entryText(journey.entry, names, language)}</span>
      </span>
      <Flags findings={own} />
    </button>
  );
}

function StepCard({ place, step, selected, onSelect, figures, findings, onConnect }: Props & { place: Place; step: Step | undefined }): JSX.Element | null {
  const { t, names, language } = useDesk();
  const [over, setOver] = useState(false);
  if (!step) return null;
  const counted = figures.get(step.name);
  const kind = KINDS.find((one) => one === step.type);
  const own = findings.filter((one) => one.step === step.name);
  return (
    <button
      type="button" class="card" data-tone={toneOf(step.type)} data-step={step.name} style={place} draggable
      aria-pressed={selected === step.name} data-over={over ? "" : undefined}
      onClick={() => onSelect(step.name)}
      onDragStart={(event) => dragging(event, { step: step.name })} onDragEnd={dropped}
      onDragOver={(event) => { if (document.body.dataset.dragging === "arrow") { event.preventDefault(); setOver(true); } }}
      onDragLeave={() => setOver(false)}
      onDrop={(event) => {
        setOver(false);
        const what = draggedOf(event);
        if (what && "from" in what) { event.preventDefault(); onConnect(what.from, what.field, step.name); }
      }}
    >
      <span class="tile"><Icon name={step.type} /></span>
      <span class="card-text">
        <span class="card-kind">{kind ? KIND_WORDS[kind].name[language] : step.type}</span>
        <span class="card-name">{step.name}</span>
        <span class="card-says">{stepText(step, names, language)}</span>
      </span>
      {counted && (counted.here > 0 || counted.passed > 0) ? (
        <span class="counts">
          {counted.here > 0 ? <span class="count here" title={t("here", { n: counted.here })}><span class="hidden">{t("here", { n: counted.here })}</span><span aria-hidden="true">{short(counted.here, language)}</span></span> : null}
          {counted.passed > 0 ? <span class="count" title={t("passed", { n: counted.passed })}><span class="hidden">{t("passed", { n: counted.passed })}</span><span aria-hidden="true">{short(counted.passed, language)} ✓</span></span> : null}
        </span>
      ) : null}
      <Flags findings={own} />
    </button>
  );
}

function short(count: number, language: string): string {
  return new Intl.NumberFormat(language === "zh" ? "zh-CN" : "en", { notation: count >= 10_000 ? "compact" : "standard" }).format(count);
}

function Flags({ findings }: { findings: Placed[] }): JSX.Element | null {
  const { t } = useDesk();
  const errors = findings.filter((one) => one.severity === "error").length;
  if (!findings.length) return null;
  const label = errors ? t("errors", { n: errors }) : t("warnings", { n: findings.length });
  return (
    <span class={errors ? "flag error" : "flag warning"} title={label}>
      <Icon name={errors ? "error" : "warning"} />
      <span class="hidden">{label}</span>
    </span>
  );
}

function AddSpot({ arrow, journey, onAdd, onDropStep }: Props & { arrow: Arrow }): JSX.Element {
  const { t, names, language } = useDesk();
  const [over, setOver] = useState(false);
  const spot: Spot = arrow.from === ENTRY ? "entry" : { from: arrow.from, field: arrow.field };
  const text = arrow.from === ENTRY ? "" : wayText(stepNamed(journey, arrow.from), arrow.field, names, language);
  const label = spot === "entry" ? t("add_first") : t("add_after", { step: arrow.from, way: text ? `: ${text}` : "" });
  const grip = spot === "entry" ? {} : {
    draggable: true,
    onDragStart: (event: TargetedDragEvent<HTMLElement>) => dragging(event, { from: arrow.from, field: arrow.field }),
    onDragEnd: dropped,
  };
  return (
    <div class="spot" style={px({ left: arrow.label.x, top: arrow.label.y })}>
      {text ? <span class="way" title={text} {...grip}>{text}</span> : null}
      {arrow.field === "to" ? null : (
        <button
          type="button" class="add" aria-label={label} title={label} data-over={over ? "" : undefined}
          onClick={() => onAdd(spot)}
          onDragOver={(event) => { if (document.body.dataset.dragging === "step") { event.preventDefault(); setOver(true); } }}
          onDragLeave={() => setOver(false)}
          onDrop={(event) => {
            setOver(false);
            const what = draggedOf(event);
            if (what && !("from" in what)) { event.preventDefault(); onDropStep(spot, what); }
          }}
        >
          <Icon name="plus" />
        </button>
      )}
    </div>
  );
}

const TONES: Record<string, string> = {
  send: "message", feedback: "message", wait: "time", wait_for: "time",
  branch: "way", experiment: "way", repeat: "way", exit: "exit",
};

export function toneOf(kind: string): string {
  return TONES[kind] ?? (kind === END ? "exit" : "deed");
}
