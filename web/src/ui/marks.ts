/** Marks on the browser's own time line (`performance.mark`), each once a visit: for `bench/tasks/firstframe.py` and the curious. */

export type Mark =
  /** the exhibition is known */
  | "records"
  /** the stream is open */
  | "stream"
  /** a tile has come */
  | "tile"
  /** a frame with streamed geometry was drawn */
  | "geometry";

const made = new Set<Mark>();

export function mark(name: Mark): void {
  if (made.has(name)) return;
  made.add(name);
  performance.mark(`chronotope:${name}`);
}
