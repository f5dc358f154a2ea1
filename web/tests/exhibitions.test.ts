/** Addresses out of titles. */

import { expect, it } from "vitest";
import { slugOf } from "../src/exhibitions/record";

it("makes an address that the museum takes, whatever the title is written in", () => {
  expect(slugOf("Die Römer in Köln")).toBe("die-romer-in-koln");
  expect(slugOf("  L’été — à Nîmes! ")).toBe("l-ete-a-nimes");
  expect(slugOf("Große Straße Ærø")).toBe("grosse-strasse-aero");
  expect(slugOf("Ἀγορά", new Date("2026-12-01T10:00:00Z"))).toBe("exhibition-2026-12-01");
  expect(slugOf(`${"long ".repeat(30)}`)).toMatch(/^[a-z0-9]+(-[a-z0-9]+)*$/);
});
