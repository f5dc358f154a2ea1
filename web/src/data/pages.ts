/** Lists that the museum answers page by page, read to their end. */

import { ask } from "./graphql";

interface Page<T> {
  nodes: T[];
  pageInfo: { hasNextPage: boolean; endCursor: string | null };
}

/** The one list that `query` asks for, whole: it takes the cursor `$after`, and asks for `nodes` and `pageInfo`. */
export async function wholeList<T>(query: string): Promise<T[]> {
  const found: T[] = [];
  let after: string | null = null;
  for (;;) {
    const answer: Record<string, Page<T>> = await ask(query, { after });
    const { nodes, pageInfo } = Object.values(answer)[0]!;
    found.push(...nodes);
    if (!pageInfo.hasNextPage) return found;
    after = pageInfo.endCursor;
  }
}
