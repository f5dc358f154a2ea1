/** Rights statements as people know them. */

import { say } from "./words";

const NAMES: [RegExp, string][] = [
  [/creativecommons\.org\/publicdomain\/zero/, "CC0: no rights reserved"],
  [/creativecommons\.org\/publicdomain\/mark/, "Public domain"],
  [/creativecommons\.org\/licenses\/([a-z-]+)\/([\d.]+)/, "CC "],
  [/rightsstatements\.org\/vocab\/InC\//, "In copyright"],
  [/rightsstatements\.org\/vocab\/NoC-NC\//, "No copyright, non-commercial use only"],
];

export function rightsName(uri: string): string {
  if (uri === "") return say("rights_none");
  for (const [pattern, name] of NAMES) {
    const match = pattern.exec(uri);
    if (match) return name === "CC " ? `CC ${match[1]!.toUpperCase()} ${match[2]}` : name;
  }
  return uri;
}
