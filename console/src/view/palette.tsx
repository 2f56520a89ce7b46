/** The kinds of steps: beside the canvas to drag, and in a dialog for one place. */
import type { JSX } from "preact";
import type { Kind } from "../model/journey.ts";
import { KIND_GROUPS, KIND_WORDS } from "../words.ts";
import { dragging, dropped, toneOf } from "./canvas.tsx";
import { useDesk } from "./desk.ts";
import { Dialog } from "./dialog.tsx";
import { Icon } from "./icons.tsx";

export function Palette({ onPick }: { onPick: (kind: Kind) => void }): JSX.Element {
  const { t, say } = useDesk();
  return (
    <nav class="palette" aria-label={t("add_step")}>
      <h2>{t("add_step")}</h2>
      <p class="help">{t("palette_says")}</p>
      {KIND_GROUPS.map((group) => (
        <section key={group.title.en}>
          <h3>{say(group.title)}</h3>
          <ul>
            {group.kinds.map((kind) => (
              <li key={kind}>
                <button
                  type="button" class="kind" data-tone={toneOf(kind)} draggable title={say(KIND_WORDS[kind].says)}
                  onClick={() => onPick(kind)} onDragStart={(event) => dragging(event, { kind })} onDragEnd={dropped}
                >
                  <span class="tile"><Icon name={kind} /></span>
                  {say(KIND_WORDS[kind].name)}
                </button>
              </li>
            ))}
          </ul>
        </section>
      ))}
    </nav>
  );
}

export function PickKind({ onPick, onClose }: { onPick: (kind: Kind) => void; onClose: () => void }): JSX.Element {
  const { t, say } = useDesk();
  return (
    <Dialog title={t("add_step")} onClose={onClose} wide>
      {KIND_GROUPS.map((group) => (
        <section class="pick" key={group.title.en}>
          <h3>{say(group.title)}</h3>
          <ul>
            {group.kinds.map((kind) => (
              <li key={kind}>
                <button type="button" class="kind tall" data-tone={toneOf(kind)} onClick={() => onPick(kind)}>
                  <span class="tile"><Icon name={kind} /></span>
                  <span>
                    <strong>{say(KIND_WORDS[kind].name)}</strong>
                    <span class="help">{say(KIND_WORDS[kind].says)}</span>
                  </span>
                </button>
              </li>
            ))}
          </ul>
        </section>
      ))}
    </Dialog>
  );
}
