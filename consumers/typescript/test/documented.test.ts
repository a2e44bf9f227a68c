/**
 * What is public is documented: whatever the modules behind `index` export, and the methods and
 * getters of their classes. Read from the declarations, where the compiler leaves comments and no
 * bodies. Fields bear the names of WIRE §9, or say in their type what they are.
 */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

const SRC = new URL("../src/", import.meta.url);
const EXPORT = /^export (?:declare )?(?:abstract )?(?:class|interface|function|const|type) (\w+)/;
const MEMBER = /^ {4}(?:static |abstract |get )*([\w[\].]+)\??[(<]/;
/** Members that a protocol of the language names. */
const OF_PROTOCOLS = /^(constructor|next|return|throw|toString|\[Symbol\.\w+\])$/;

/** The members of a class with a comment. */
const documented = new Map<string, Set<string>>();
const missing: string[] = [];

function declarations(module: string): string[] {
  return readFileSync(new URL(`${module}.d.ts`, SRC), "utf8").split("\n");
}

function look(module: string): void {
  let owner = "";
  let parent = "";
  let before = "";
  for (const line of declarations(module)) {
    const name = EXPORT.exec(line)?.[1];
    const member = MEMBER.exec(line)?.[1];
    const isTold = before.trim().endsWith("*/");
    if (name !== undefined) {
      owner = line.includes(" class ") ? name : "";
      parent = / extends (\w+)/.exec(line)?.[1] ?? "";
      documented.set(name, new Set(documented.get(parent)));
      if (!isTold) missing.push(`${module}: ${name}`);
    } else if (owner !== "" && member !== undefined && !OF_PROTOCOLS.test(member)) {
      const known = documented.get(owner);
      if (isTold) known?.add(member);
      else if (known?.has(member) !== true) missing.push(`${module}: ${owner}.${member}`);
    }
    before = line;
  }
}

test("what is public has a comment", () => {
  const modules = declarations("index").flatMap((line) => /from "\.\/(.+)\.js"/.exec(line)?.[1] ?? []);
  assert.ok(modules.length > 10);
  // Those that others extend come first.
  const bases = ["levels", "errors"];
  for (const module of new Set([...bases, ...modules])) look(module);
  assert.deepEqual(missing, []);
});
