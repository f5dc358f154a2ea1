/** Sending a form of the studio, and what is shown where it was not taken. */

import { ApiError } from "../data/graphql";
import { button, h } from "../ui/dom";
import type { Child } from "../ui/dom";
import { say } from "./language";
import { words } from "./words";

/** Runs `act` when the form is sent. Sent again before that is done, it stays at the one: a double click makes one thing. */
export function whenSent(form: HTMLFormElement, act: () => Promise<unknown>): void {
  let isUnderWay = false;
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (isUnderWay) return;
    isUnderWay = true;
    try {
      await act();
    } finally {
      isUnderWay = false;
    }
  });
}

/** Why a record was not taken; where somebody else was quicker, with a button by which one's own goes over theirs. */
export function refusal(error: unknown, insist: () => void): Child[] {
  const isLate = error instanceof ApiError && error.code === "CONFLICT";
  return [h("p", { class: "bad" }, words(error)), isLate && button("next", say("edits_insist"), insist)];
}
