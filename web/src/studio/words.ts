/** Words of the studio: refusals, sizes, counts. */

import { ApiError } from "../data/graphql";

/** What a refusal means and what to do; anything else shows the server's own words. */
export const CODES: Record<string, string> = {
  MALFORMED: "The file is damaged or not what its name says. Export it again from the program that made it.",
  UNSUPPORTED: "This kind of file is not read. Models: GLB, glTF, OBJ, PLY, STL, OFF, COLLADA, 3MF. Recordings: WAV, FLAC, MP3, Ogg, M4A. Pictures: JPEG, PNG, WebP.",
  LIMIT: "The file is larger than this museum accepts.",
  FORBIDDEN_REF: "The file refers to other files outside itself. Put everything into one zip, or export it as GLB.",
  UNSAFE: "The archive holds something that is not accepted: links, absolute paths or nested archives.",
  PARSER_CRASH: "The file brought the reader down twice. It was set aside; please send it to us.",
};

export function words(error: unknown): string {
  return error instanceof ApiError || error instanceof Error ? error.message : String(error);
}

/** The server's own reason out of a failed tus request. */
export function tusWords(error: Error & { originalResponse?: { getBody(): string; getStatus(): number } | null }): string {
  const body = error.originalResponse?.getBody();
  try {
    const problem = JSON.parse(body ?? "") as { detail?: string; title?: string; code?: string };
    return CODES[problem.code ?? ""] ?? problem.detail ?? problem.title ?? error.message;
  } catch {
    return error.originalResponse ? `The server answered ${error.originalResponse.getStatus()}.` : "The connection was lost.";
  }
}

/** "1 tile", "1,200 tiles". */
export function many(number: number, word: string): string {
  return `${number.toLocaleString("en")} ${word}${number === 1 ? "" : "s"}`;
}

export function size(bytes: number): string {
  if (bytes < 1e6) return `${Math.max(1, Math.round(bytes / 1e3))} kB`;
  return bytes < 1e9 ? `${(bytes / 1e6).toFixed(1)} MB` : `${(bytes / 1e9).toFixed(2)} GB`;
}
