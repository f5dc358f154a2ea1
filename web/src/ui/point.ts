/** A point in an address, "1.5,0,-2"; null where it is none. */
export function pointOf(text: string | null): [number, number, number] | null {
  const parts = (text ?? "").split(",");
  const [x, y, z] = parts.map(Number);
  const fine = parts.length === 3 && parts.every((part) => part.trim() !== "" && Math.abs(Number(part)) < 1e6);
  return fine ? [x!, y!, z!] : null;
}
