/**
 * The look of what is possible, but not certain: pale, see-through, hatched. Hatching runs in the scene's own space, so it
 * stands still when the eye moves and agrees between the two eyes of a headset; its spacing doubles with distance.
 */

import * as THREE from "three";

const TINT = new THREE.Color(0xbfd3ea);
const ghosts = new WeakMap<THREE.Material, THREE.Material>();

export function ghostOf(material: THREE.Material): THREE.Material {
  const known = ghosts.get(material);
  if (known) return known;
  const ghost = material.clone();
  ghost.transparent = true;
  ghost.depthWrite = true; // without it a ghost shows its own back through its front
  if (ghost instanceof THREE.MeshStandardMaterial) ghost.color.lerp(TINT, 0.55);
  ghost.onBeforeCompile = (shader, renderer) => {
    material.onBeforeCompile(shader, renderer);
    shader.vertexShader = shader.vertexShader
      .replace("#include <common>", "#include <common>\nvarying vec3 vGhost;")
      .replace("#include <project_vertex>", "#include <project_vertex>\nvGhost = (modelMatrix * vec4(transformed, 1.0)).xyz;");
    shader.fragmentShader = shader.fragmentShader
      .replace("#include <common>", "#include <common>\nvarying vec3 vGhost;")
      .replace(
        "#include <opaque_fragment>",
        `float along = dot(vGhost, vec3(1.0, 1.35, 1.0));
        float spacing = exp2(floor(log2(max(length(vGhost - cameraPosition), 1.0) * 0.02)));
        float phase = abs(fract(along / spacing) - 0.5) * 2.0;
        float soft = fwidth(along / spacing) * 2.0;
        diffuseColor.a = mix(0.42, 0.8, smoothstep(0.62 - soft, 0.62 + soft, phase));
        #include <opaque_fragment>`,
      );
  };
  ghost.customProgramCacheKey = () => `ghost ${material.customProgramCacheKey()}`;
  material.addEventListener("dispose", () => ghost.dispose());
  ghosts.set(material, ghost);
  return ghost;
}
