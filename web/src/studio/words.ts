/** Words of the studio for refusals, and sizes. */

import { ApiError } from "../data/graphql";
import { spoken } from "../ui/words";
import { say } from "./language";
import type { StudioWord } from "./language";

const CODES = new Set(["MALFORMED", "UNSUPPORTED", "LIMIT", "FORBIDDEN_REF", "PARSER_CRASH", "STORAGE_FULL"]);

/** What a refusal means and what to do; of a code without words here, what the server says, or that it could not be read. */
export function codeWords(code: string, told = ""): string {
  return CODES.has(code) ? say(`code_${code}` as StudioWord) : told || say("code_other");
}

export function words(error: unknown): string {
  return error instanceof ApiError || error instanceof Error ? error.message : String(error);
}

/** The server's own reason out of a failed tus request. */
export function tusWords(error: Error & { originalResponse?: { getBody(): string; getStatus(): number } | null }): string {
  const body = error.originalResponse?.getBody();
  try {
    const problem = JSON.parse(body ?? "") as { detail?: string; title?: string; code?: string };
    return codeWords(problem.code ?? "", problem.detail ?? problem.title ?? error.message);
  } catch {
    return error.originalResponse ? say("answered", { status: error.originalResponse.getStatus() }) : say("connection_lost");
  }
}

export function size(bytes: number): string {
  const figure = (value: number, digits: number): string =>
    value.toLocaleString(spoken(), { minimumFractionDigits: digits, maximumFractionDigits: digits });
  if (bytes < 1e6) return `${figure(bytes === 0 ? 0 : Math.max(1, bytes / 1e3), 0)} kB`;
  return bytes < 1e9 ? `${figure(bytes / 1e6, 1)} MB` : `${figure(bytes / 1e9, 2)} GB`;
}
