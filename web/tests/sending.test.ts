/** Forms of the studio, sent twice. */

import { expect, it } from "vitest";
import { whenSent } from "../src/studio/sending";

it("a form that is sent again while it is being sent does its work once", async () => {
  const form = new EventTarget() as HTMLFormElement;
  const ends: (() => void)[] = [];
  whenSent(form, () => new Promise<void>((resolve) => ends.push(resolve)));
  const send = (): Event => {
    const event = new Event("submit", { cancelable: true });
    form.dispatchEvent(event);
    return event;
  };
  expect([send(), send()].map(({ defaultPrevented }) => defaultPrevented)).toEqual([true, true]);
  expect(ends).toHaveLength(1);
  ends[0]!();
  await new Promise((resolve) => setTimeout(resolve));
  send();
  expect(ends).toHaveLength(2);
});
