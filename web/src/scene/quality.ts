/** How much is drawn: found out before anything is, while the page's larger part is on its way. */

/** `plain`: without shadows, soft light and smooth edges, for machines that draw without a graphics card. */
export type Quality = "full" | "plain";

/** What the address asks for (`?quality=plain`), else what suits this machine: software takes seconds for what a card does in milliseconds. */
export function suitableQuality(query: URLSearchParams): Quality {
  const asked = query.get("quality");
  if (asked === "full" || asked === "plain") return asked;
  const gl = document.createElement("canvas").getContext("webgl2");
  const info = gl?.getExtension("WEBGL_debug_renderer_info");
  const name = String(gl && info ? gl.getParameter(info.UNMASKED_RENDERER_WEBGL) : "");
  gl?.getExtension("WEBGL_lose_context")?.loseContext();
  return /swiftshader|llvmpipe|softpipe|software|basic render/i.test(name) ? "plain" : "full";
}
