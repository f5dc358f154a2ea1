/** The picture's field of view, upright, degrees: a phone held upright sees as much to the sides as it can without bending the columns. */
export function fieldOfView(width: number, height: number): number {
  return width < height ? 62 : 50;
}
