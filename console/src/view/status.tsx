import type { JSX } from "preact";
import type { JourneyState } from "../api.ts";
import { useDesk } from "./desk.ts";

/** Whether people enter: the status in a word and a colour. */
export function Status({ state }: { state: Pick<JourneyState, "status"> | null }): JSX.Element {
  const { t } = useDesk();
  const status = state?.status ?? "draft";
  return <span class="status" data-status={status}>{t(status)}</span>;
}
