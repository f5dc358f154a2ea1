/** GraphQL over HTTP and, for subscriptions, over graphql-transport-ws. */

import { createClient } from "graphql-ws";
import type { Client } from "graphql-ws";

export class ApiError extends Error {
  override name = "ApiError";

  constructor(
    message: string,
    /** stable; docs/errors.md */
    readonly code: string,
  ) {
    super(message);
  }
}

interface Answer<T> {
  data?: T | null;
  errors?: { message: string; extensions?: { code?: string } }[];
}

export async function ask<T>(query: string, variables: Record<string, unknown> = {}): Promise<T> {
  let response: Response;
  try {
    response = await fetch("/graphql", {
      method: "POST",
      headers: { "content-type": "application/json", accept: "application/json" },
      body: JSON.stringify({ query, variables }),
    });
  } catch {
    throw new ApiError("The museum's server cannot be reached.", "OFFLINE");
  }
  let answer: Answer<T>;
  try {
    answer = (await response.json()) as Answer<T>;
  } catch {
    throw new ApiError(`The museum's server answered ${response.status}.`, "HTTP");
  }
  const error = answer.errors?.[0];
  if (error) throw new ApiError(error.message, error.extensions?.code ?? "ERROR");
  if (!answer.data) throw new ApiError(`The museum's server answered ${response.status}.`, "HTTP");
  return answer.data;
}

/** Whether this browser is signed in. */
export async function signedIn(): Promise<boolean> {
  const { me } = await ask<{ me: { name: string; role: string } }>("{ me { name role } }");
  return me.role !== "VISITOR" || me.name !== "anonymous";
}

let client: Client | null = null;

/** Calls `next` with each result; the returned function ends it. */
export function subscribe<T>(
  query: string,
  variables: Record<string, unknown>,
  next: (data: T) => void,
  failed: (error: Error) => void,
): () => void {
  client ??= createClient({
    url: `${location.protocol === "https:" ? "wss:" : "ws:"}//${location.host}/graphql`,
    lazy: true,
    retryAttempts: 20,
    shouldRetry: () => true,
  });
  return client.subscribe<T>(
    { query, variables },
    {
      next: (result) => {
        const error = result.errors?.[0];
        if (error) failed(new ApiError(error.message, "ERROR"));
        else if (result.data) next(result.data);
      },
      error: (cause) => failed(cause instanceof Error ? cause : new Error("the subscription was lost")),
      complete: () => undefined,
    },
  );
}
