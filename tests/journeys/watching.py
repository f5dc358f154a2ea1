"""A script for pages: it keeps what every frame shows, and finds holes in it (`window.watching`)."""

WATCHING = """
{
  const wait = (ready) => new Promise((resolve) => {
    const poll = () => (ready() ? resolve() : setTimeout(poll, 20));
    poll();
  });
  /** A copy that stays as it is when the viewer lets go of its geometries. */
  const kept = (root) => {
    const copy = root.clone();
    copy.traverse((part) => {
      if (!part.isMesh) return;
      const { attributes, index, drawRange, boundingSphere } = part.geometry;
      const geometry = new part.geometry.constructor();
      for (const [name, attribute] of Object.entries(attributes)) geometry.setAttribute(name, attribute);
      geometry.setIndex(index);
      geometry.setDrawRange(drawRange.start, drawRange.count);
      geometry.boundingSphere = boundingSphere;
      part.geometry = geometry;
    });
    return copy;
  };
  window.watching = {
    frames: [],
    /** Keeps pose and parts of every frame that is drawn while `act` runs. */
    async record(act) {
      const { stage, root } = chronotope;
      let recording = true;
      this.frames = [];
      stage.onFrame(() => {
        if (!recording) return;
        const { camera } = stage;
        this.frames.push({ at: camera.position.clone(), gaze: camera.quaternion.clone(), root: kept(root) });
      });
      await act();
      recording = false;
      return this.frames.length;
    },
    /** Draws without pause until `ready()` of the page's figures. */
    until(ready) {
      return new Promise((resolve) => {
        const step = () => {
          if (ready(chronotope.stats)) return resolve();
          chronotope.stage.invalidate();
          requestAnimationFrame(step);
        };
        step();
      });
    },
    /** Half a turn on the spot in `ms`, by the clock. */
    turn(eye, ms, angle = Math.PI) {
      const began = performance.now();
      return new Promise((resolve) => {
        const step = () => {
          const part = Math.min(1, (performance.now() - began) / ms);
          const at = part * angle;
          chronotope.camera(eye, [eye[0] - 8 * Math.sin(at), eye[1], eye[2] - 8 * Math.cos(at)]);
          if (part < 1) requestAnimationFrame(step);
          else requestAnimationFrame(() => requestAnimationFrame(resolve));
        };
        step();
      });
    },
    mask(frame, drop = -1) {
      const { stage, root } = chronotope;
      const { renderer, scene, camera } = stage;
      const shown = (frame.root ?? root).clone();
      if (drop >= 0) shown.remove(shown.children[drop]);
      const hidden = scene.children.filter((child) => child.visible && child !== stage.rig);
      for (const child of hidden) child.visible = false;
      scene.add(shown);
      const before = [camera.position.clone(), camera.quaternion.clone()];
      camera.position.copy(frame.at);
      camera.quaternion.copy(frame.gaze);
      camera.updateMatrixWorld();
      shown.updateMatrixWorld(true);
      renderer.setClearColor(0xff00ff, 1);
      renderer.render(scene, camera);
      const [width, height] = [240, 150];
      const page = Object.assign(document.createElement('canvas'), { width, height });
      const pen = page.getContext('2d', { willReadFrequently: true });
      pen.imageSmoothingEnabled = false;
      pen.drawImage(renderer.domElement, 0, 0, width, height);
      const { data } = pen.getImageData(0, 0, width, height);
      renderer.setClearColor(0x000000, 0);
      scene.remove(shown);
      for (const child of hidden) child.visible = true;
      camera.position.copy(before[0]);
      camera.quaternion.copy(before[1]);
      const covered = [];
      for (let y = 0; y < height; y++) {
        covered.push(Array.from({ length: width }, (_, x) => {
          const at = (y * width + x) * 4;
          return !(data[at] > 250 && data[at + 1] < 5 && data[at + 2] > 250);
        }));
      }
      return covered;
    },
    /** What is seen from here, without one part of it where `drop` names one. */
    now(drop = -1) {
      const { camera } = chronotope.stage;
      return this.mask({ at: camera.position.clone(), gaze: camera.quaternion.clone() }, drop);
    },
    /** Pixels well inside what `truth` covers of which `seen` shows nothing nearby: silhouettes may differ a little. */
    holes(truth, seen, margin = 3) {
      let holes = 0;
      const all = (mask, x, y, value) => {
        for (let dy = -margin; dy <= margin; dy++) {
          for (let dx = -margin; dx <= margin; dx++) {
            const row = mask[y + dy];
            if (row && x + dx >= 0 && x + dx < row.length && row[x + dx] !== value) return false;
          }
        }
        return true;
      };
      truth.forEach((row, y) => row.forEach((_, x) => {
        if (!seen[y][x] && all(truth, x, y, true) && all(seen, x, y, false)) holes += 1;
      }));
      return holes;
    },
    /** Goes to where a frame was drawn from, waits for all detail, and compares. */
    async judge(i) {
      const frame = this.frames[i];
      const { stage, stats } = chronotope;
      const ahead = frame.at.clone().set(0, 0, -8).applyQuaternion(frame.gaze).add(frame.at);
      chronotope.camera(frame.at.toArray(), ahead.toArray());
      await new Promise((resolve) => setTimeout(resolve, 250));
      await wait(() => {
        const s = chronotope.stats;
        return s.shown.complete && s.shown.look === s.lastLook;
      });
      const truth = this.mask({ at: frame.at, gaze: frame.gaze });
      const seen = this.mask(frame);
      const covered = truth.flat().filter(Boolean).length;
      // The proof that a hole would be seen: the same frame without the part of it that covers most.
      let blind = 0;
      for (let k = 0; k < frame.root.children.length; k++) {
        blind = Math.max(blind, this.holes(truth, this.mask(frame, k)));
        if (blind > 200) break;
      }
      return { holes: this.holes(truth, seen), covered, blind };
    },
  };
}
"""
