/** Where the cards stand and how the arrows run: layers from top to bottom, by dagre. */
import { Graph, layout as dagre } from "@dagrejs/dagre";
import { edgesOf, END, type Journey, placeOf } from "./journey.ts";

export const CARD = { width: 236, height: 88 } as const;
const PILL = { width: 72, height: 28 } as const;
const LABEL = { width: 132, height: 34 } as const;
const START = { width: 236, height: 70 } as const;
export const ENTRY = "#entry";

export interface Point { x: number; y: number }
export interface Box extends Point { width: number; height: number }
export interface Node extends Box { id: string; kind: "entry" | "step" | "end" | "missing"; name: string }
export interface Arrow {
  from: string;
  field: string;
  to: string;
  points: Point[];
  label: Point;
}
export interface Layout { width: number; height: number; nodes: Node[]; arrows: Arrow[] }

/** Each way to the end has an end of its own, so that no long arrows cross the canvas for it. */
export function layoutOf(journey: Journey): Layout {
  const graph = new Graph({ multigraph: true });
  graph.setGraph({ rankdir: "TB", nodesep: 36, edgesep: 18, ranksep: 26, marginx: 28, marginy: 24 });
  const kinds = new Map<string, Omit<Node, keyof Box>>();
  const add = (id: string, kind: Node["kind"], name: string): void => {
    if (kinds.has(id)) return;
    kinds.set(id, { id, kind, name });
    graph.setNode(id, { ...(kind === "end" ? PILL : kind === "entry" ? START : CARD) });
  };
  add(ENTRY, "entry", "");
  for (const step of journey.steps) add(step.name, "step", step.name);
  const edges = [{ from: ENTRY, field: "", to: journey.steps[0]?.name ?? END }, ...edgesOf(journey)];
  for (const edge of edges) {
    const known = edge.to !== END && placeOf(journey, edge.to) >= 0;
    const id = known ? edge.to : `#${edge.to}#${edge.from}#${edge.field}`;
    if (!known) add(id, edge.to === END ? "end" : "missing", edge.to);
    const weight = edge.field === "next" || edge.from === ENTRY ? 3 : 1;
    graph.setEdge(edge.from, id, { ...LABEL, labelpos: "c", weight, minlen: 1 }, edge.field || ENTRY);
  }
  dagre(graph);
  const size = graph.graph() as { width?: number; height?: number };
  const nodes = graph.nodes().map((id) => ({ ...(graph.node(id) as Box), ...(kinds.get(id) as Node) }));
  const arrows = graph.edges().map((edge) => {
    const drawn = graph.edge(edge) as { points: Point[]; x: number; y: number };
    return {
      from: edge.v,
      field: edge.name === ENTRY ? "" : (edge.name ?? ""),
      to: edge.w,
      points: drawn.points,
      label: { x: drawn.x, y: drawn.y },
    };
  });
  return { width: size.width ?? 0, height: size.height ?? 0, nodes, arrows };
}

/** A path through points with rounded corners, for SVG. */
export function pathThrough(points: readonly Point[], radius = 14): string {
  const [start, ...rest] = points;
  if (!start) return "";
  let path = `M${round(start.x)} ${round(start.y)}`;
  rest.forEach((point, place) => {
    const before = points[place] as Point;
    const after = rest[place + 1];
    if (!after) {
      path += `L${round(point.x)} ${round(point.y)}`;
      return;
    }
    const into = toward(point, before, radius);
    const out = toward(point, after, radius);
    path += `L${round(into.x)} ${round(into.y)}Q${round(point.x)} ${round(point.y)} ${round(out.x)} ${round(out.y)}`;
  });
  return path;
}

function toward(from: Point, to: Point, distance: number): Point {
  const length = Math.hypot(to.x - from.x, to.y - from.y) || 1;
  const share = Math.min(distance, length / 2) / length;
  return { x: from.x + (to.x - from.x) * share, y: from.y + (to.y - from.y) * share };
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
