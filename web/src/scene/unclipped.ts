/** What belongs to the wearer and not to the site is not cut where the site is cut. */

import type * as THREE from "three";

/** The same material, for which the renderer's planes are nothing. Before it is first drawn. */
export function unclipped<M extends THREE.Material>(material: M): M {
  material.onBeforeCompile = (shader) => {
    shader.fragmentShader = shader.fragmentShader.replace("#include <clipping_planes_fragment>", "");
  };
  material.customProgramCacheKey = () => "unclipped";
  return material;
}
