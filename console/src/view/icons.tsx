/** Icons, drawn with one pen: 20 by 20, strokes of 1.6. */
import type { JSX } from "preact";

const PATHS: Record<string, string> = {
  send: "M3 5.5h14v9H3zM3 6l7 5 7-5",
  feedback: "M3 4.5h14v9H9l-4 3v-3H3zM7 8h6M7 10.5h4",
  wait: "M10 3a7 7 0 1 0 0 14 7 7 0 0 0 0-14M10 6v4l3 2",
  wait_for: "M5 16h10M6.5 15V9a3.5 3.5 0 0 1 7 0v6M10 3v2.5M16 5l-1.5 1.5M4 5l1.5 1.5",
  branch: "M10 17v-5M10 12 5 8V3M10 12l5-4V3M3 5l2-2 2 2M13 5l2-2 2 2",
  experiment: "M8 3h4M8.5 3v5L4 15.5A1 1 0 0 0 5 17h10a1 1 0 0 0 1-1.5L11.5 8V3M6.5 12.5h7",
  repeat: "M4 9a6 6 0 0 1 11-2.5M16 3v4h-4M16 11a6 6 0 0 1-11 2.5M4 17v-4h4",
  update: "M8 10a3 3 0 1 0 0-6 3 3 0 0 0 0 6M2.5 16.5c.5-3 2.5-4.5 5.5-4.5M11 16.5l.5-2.5 4.5-4.5 2 2-4.5 4.5z",
  reward: "M3.5 8h13v3h-13zM5 11v6h10v-6M10 8v9M10 8C7 8 5.5 3.5 8 3.5S10 8 10 8s-.5-4.5 2-4.5S13 8 10 8",
  assign: "M6 4.5H4.5v12h11v-12H14M7 3h6v3H7zM7.5 11l2 2 3.5-4",
  webhook: "M7 6 3 10l4 4M13 6l4 4-4 4M11.5 4l-3 12",
  start_journey: "M4 16V4M4 5h9l-1.5 3L13 11H4",
  exit: "M11 4H4v12h7M8 10h9M14 7l3 3-3 3",
  entry: "M9 4h7v12H9M3 10h9M9 7l3 3-3 3",
  plus: "M10 4v12M4 10h12",
  undo: "M4 8h8a4 4 0 0 1 0 8H8M7 4.5 3.5 8 7 11.5",
  redo: "M16 8H8a4 4 0 0 0 0 8h4M13 4.5 16.5 8 13 11.5",
  back: "M12 4l-6 6 6 6",
  close: "M5 5l10 10M15 5 5 15",
  more: "M4.5 10h.01M10 10h.01M15.5 10h.01",
  check: "M4 10.5 8 14.5 16 5.5",
  warning: "M10 3.5 17.5 16.5h-15zM10 8.5v3.5M10 14.300h.01",
  error: "M10 3a7 7 0 1 0 0 14 7 7 0 0 0 0-14M10 6.5v4M10 13.300h.01",
  copy: "M7 7h9v9H7zM13 7V4H4v9h3",
  trash: "M4 6h12M8 6V4h4v2M6 6l.5 10.5h7L14 6M8.5 9v4.5M11.5 9v4.5",
  people: "M7.5 9.5a3 3 0 1 0 0-6 3 3 0 0 0 0 6M2 16.5c0-3.5 2-5 5.5-5s5.5 1.5 5.5 5M13 4a3 3 0 0 1 0 5.5M15 12c2 .5 3 2 3 4.5",
  rocket: "M10 16c5-3 6-8 6-12-4 0-9 1-12 6l2.5 1L9 13.5zM6 12l-2.5 4.5L8 14M12 8h.01",
  pause: "M7 5v10M13 5v10",
  fit: "M4 8V4h4M12 4h4v4M16 12v4h-4M8 16H4v-4",
  search: "M9 4a5 5 0 1 0 0 10A5 5 0 0 0 9 4M13 13l4 4",
  grip: "M8 5h.01M12 5h.01M8 10h.01M12 10h.01M8 15h.01M12 15h.01",
};

export function Icon({ name }: { name: string }): JSX.Element {
  return (
    <svg class="icon" viewBox="0 0 20 20" aria-hidden="true" focusable="false">
      <path d={PATHS[name] ?? PATHS.grip} />
    </svg>
  );
}
