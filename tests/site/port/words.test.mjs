// Every word is there in both languages, once, and every word that the labs ask for exists.
import assert from "node:assert/strict";
import { readFileSync, readdirSync } from "node:fs";
import test from "node:test";

const folder = new URL("../../../docs/theme/assets/lab/", import.meta.url);
const table = readFileSync(new URL("words.js", folder), "utf8");
const keys = [...table.matchAll(/^ {2}(?:"([^"]+)"|([A-Za-z]\w*)): \[/gm)].map((match) => match[1] ?? match[2]);

test("no word twice", () => {
  assert.ok(keys.length > 150);
  assert.equal(new Set(keys).size, keys.length);
});

test("every word that is asked for", () => {
  const sources = readdirSync(folder).filter((name) => name.endsWith(".js")).map((name) => readFileSync(new URL(name, folder), "utf8"));
  const asked = sources.flatMap((text) => [...text.matchAll(/say\(\s*"([^"]+)"/g)].map((match) => match[1]));
  assert.deepEqual(asked.filter((key) => !keys.includes(key)), []);
});

test("both languages have the same places to fill in, and Chinese where it is not a name", async () => {
  globalThis.document = { documentElement: { lang: "en" } };
  const { WORDS } = await import("../../../docs/theme/assets/lab/words.js");
  const holes = (text) => [...text.matchAll(/\{\w+\}/g)].map(String).sort();
  for (const [key, [english, chinese]] of Object.entries(WORDS)) {
    assert.ok(english && chinese, key);
    assert.deepEqual(holes(english), holes(chinese), key);
    assert.ok(!/[\u4e00-\u9fff]/.test(english), key);
    assert.ok(/[\u4e00-\u9fff]/.test(chinese) || english === chinese || !/[a-z]{4}/.test(chinese), `${key}: ${chinese}`);
  }
});
