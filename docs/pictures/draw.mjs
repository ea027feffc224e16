// Draws every `.dot` and `.bpmn` below the first folder as an SVG into the second one. Each SVG begins with the hash of
// what it was drawn from, by which a test knows that it is of today.
import { createHash } from "node:crypto";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";

import { Graphviz } from "@hpcc-js/wasm-graphviz";
import { chromium } from "playwright-core";

const [from, into] = process.argv.slice(2);
const viewer = createRequire(import.meta.url).resolve("bpmn-js/dist/bpmn-viewer.production.min.js");

// The files below the first folder whose paths match, in their order.
function sources(pattern) {
  const paths = readdirSync(from, { recursive: true }).filter((file) => pattern.test(file));
  return paths.sort().map((file) => path.join(from, file));
}

function write(source, text, svg) {
  const hash = createHash("sha256").update(text).digest("hex");
  const name = path.basename(source).replace(/\.dot$/, "") + ".svg";
  const drawing = svg.slice(svg.indexOf("<svg")).replace(/[ \t]+$/gm, "");
  writeFileSync(path.join(into, name), `<!-- drawn from ${path.basename(source)}, sha256 ${hash} -->\n${drawing.trimEnd()}\n`);
}

const graphviz = await Graphviz.load();
for (const source of sources(/\.dot$/)) {
  const text = readFileSync(source, "utf8");
  write(source, text, graphviz.dot(text));
}

const arguments_ = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"];
const browser = await chromium.launch({ executablePath: "/usr/bin/chromium", args: arguments_ });
const page = await browser.newPage();
await page.setContent('<div id="canvas" style="width: 2000px; height: 2000px"></div>');
await page.addScriptTag({ path: viewer });
for (const source of sources(/generic\/[^/]*\.bpmn$/)) {
  const text = readFileSync(source, "utf8");
  const { svg, warnings } = await page.evaluate(async (xml) => {
    const drawn = new BpmnJS({ container: "#canvas" });
    const { warnings } = await drawn.importXML(xml);
    const { svg } = await drawn.saveSVG();
    drawn.destroy();
    return { svg, warnings: warnings.map((warning) => warning.message) };
  }, text);
  if (warnings.length > 0) throw new Error(`${source}: ${warnings.join("; ")}`);
  write(source, text, svg);
}
await browser.close();
