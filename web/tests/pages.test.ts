/** Lists that come page by page. */

import { afterEach, expect, it, vi } from "vitest";
import { wholeList } from "../src/data/pages";

afterEach(() => vi.unstubAllGlobals());

it("are read from each page's end to the last", async () => {
  const pages: Record<string, object> = {
    null: { nodes: ["a", "b"], pageInfo: { hasNextPage: true, endCursor: "2" } },
    2: { nodes: ["c"], pageInfo: { hasNextPage: true, endCursor: "3" } },
    3: { nodes: [], pageInfo: { hasNextPage: false, endCursor: null } },
  };
  vi.stubGlobal("fetch", async (_: string, { body }: { body: string }) => {
    const { after } = (JSON.parse(body) as { variables: { after: string | null } }).variables;
    return new Response(JSON.stringify({ data: { things: pages[String(after)] } }));
  });
  expect(await wholeList<string>("query Things($after: String) { things(after: $after) { nodes pageInfo { hasNextPage endCursor } } }")).toEqual(["a", "b", "c"]);
});
