import * as THREE from "three";
import { describe, expect, it } from "vitest";
import { gazeTowards } from "../src/stream/gaze";
import { Relay } from "../src/stream/relay";
import type { Handlers } from "../src/stream/socket";
import { pointOf } from "../src/ui/point";

describe("a gaze", () => {
  it.each([
    [[0, 0, 0], [0, 0, -5]],
    [[1, 2, 3], [-4, 0.5, 9]],
    [[9, 9, 9], [0, 0, 0]],
    [[0, 1, 0], [5, 1, 0.001]],
    [[0, 0, 0], [0.5, -30, 0.5]],
  ] as const)("from %j to %j is that of three.js' camera", (position, target) => {
    const camera = new THREE.PerspectiveCamera();
    camera.position.fromArray(position);
    camera.lookAt(new THREE.Vector3().fromArray(target));
    expect(new THREE.Quaternion().fromArray(gazeTowards(position, target)).angleTo(camera.quaternion)).toBeLessThan(1e-6);
  });
});

describe("a point in an address", () => {
  it("is three numbers, or none", () => {
    expect(pointOf("1.5,0,-2")).toEqual([1.5, 0, -2]);
    for (const text of [null, "", "1,2", "1,,3", "1,2,x", "1,2,3,4", "1,2,1e9"]) expect(pointOf(text)).toBeNull();
  });
});

describe("a relay", () => {
  const heard: string[] = [];
  const listener: Handlers = {
    opening: () => ({ scene: "late", seek: {}, view: null, profile: "desktop", budget: {} }),
    held: () => ["b"],
    event: (event) => heard.push(event.type),
    link: (link) => heard.push(link.state),
  };

  it("keeps what came before somebody listened, in order, and tells it once", () => {
    const came: string[] = [];
    const relay = new Relay({ opening: () => ({ ...listener.opening(), scene: "early" }), held: () => ["a"] }, (event) => came.push(event.type));
    relay.link({ state: "connecting" });
    relay.event({ type: "evict", digests: [] });
    expect([relay.opening().scene, relay.held(), heard, came]).toEqual(["early", ["a"], [], ["evict"]]);
    relay.listen(listener);
    relay.event({ type: "error", code: "", message: "", seek: null });
    expect(heard).toEqual(["connecting", "evict", "error"]);
    expect([relay.opening().scene, relay.held()]).toEqual(["late", ["b"]]);
  });
});
