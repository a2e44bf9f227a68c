/** Every vector of consumers/spec/vectors, codes included; none may be left out. */
import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

import { filesOf, foldersOf, play, PLAYERS } from "./playing.js";

const here = dirname(fileURLToPath(import.meta.url));
const ROOT = join(here, "../../../spec/vectors");

test("no folder is left out, and none is missing", () => {
  assert.ok(existsSync(ROOT), "vectors are missing: python -m tests.spec.vectors");
  assert.deepEqual(foldersOf(ROOT), Object.keys(PLAYERS).sort());
});

for (const folder of Object.keys(PLAYERS)) {
  test(folder, async (suite) => {
    const files = filesOf(ROOT, folder);
    assert.ok(files.length > 0);
    for (const file of files) {
      await suite.test(file.slice(ROOT.length + 1), () => play(folder, file));
    }
  });
}
