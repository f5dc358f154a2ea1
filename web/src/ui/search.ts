/** Where words are found in a text, whatever their case and accents. */

/** Lower case, without accents; as long as `text`, so that places stay. */
function plain(text: string): string {
  return [...text]
    .map((letter) => {
      const bare = letter.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();
      return bare.length === letter.length ? bare : letter;
    })
    .join("");
}

/** [from, to) of each place at which `sought` is found; one after the other. Nothing is sought: nowhere. */
export function placesOf(text: string, sought: string): [number, number][] {
  const all = plain(text.normalize("NFC"));
  const one = plain(sought.trim().normalize("NFC"));
  const found: [number, number][] = [];
  if (one === "") return found;
  for (let at = all.indexOf(one); at >= 0; at = all.indexOf(one, at + one.length)) found.push([at, at + one.length]);
  return found;
}
