// Builds dist/: for each page one HTML file with its script and style inside, and the policy under which the gateway serves it; then
// manifest.json with the hashes of sources and output. The same sources give the same bytes.
// Usage: node build.mjs [--check]; --check writes nothing and fails where dist/ is not what the sources give.
import { createHash } from "node:crypto";
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { build, version } from "esbuild";

const here = new URL("./", import.meta.url);
const pages = ["dashboard"];
const notSources = new Set(["node_modules", "dist", "README.md", ".gitignore"]);

const read = (name) => readFileSync(new URL(name, here));
const digest = (bytes, encoding) => createHash("sha256").update(bytes).digest(encoding);

/** The files that the output depends on, in the order of their names. */
function sources(folder = "") {
  const entries = readdirSync(new URL(folder || ".", here), { withFileTypes: true });
  const names = entries
    .filter((entry) => folder || !notSources.has(entry.name))
    .flatMap((entry) => (entry.isDirectory() ? sources(`${folder}${entry.name}/`) : [`${folder}${entry.name}`]));
  return names.sort();
}

async function bundle(entry) {
  const result = await build({
    absWorkingDir: fileURLToPath(here),
    entryPoints: [entry],
    bundle: true,
    charset: "utf8",
    format: "iife",
    legalComments: "none",
    minify: true,
    target: ["chrome120", "firefox120", "safari17"],
    write: false,
  });
  return result.outputFiles[0].text.trim();
}

/** Puts a text into a page as an element, in the place of a comment; the element's source for the policy. */
function place(page, comment, tag, text) {
  if (text.includes(`</${tag}`)) throw new Error(`the ${tag} contains its own end`);
  const parts = page.split(`<!-- build: ${comment} -->`);
  if (parts.length !== 2) throw new Error(`the page needs <!-- build: ${comment} --> once`);
  return [parts.join(`<${tag}>${text}</${tag}>`), `'sha256-${digest(text, "base64")}'`];
}

async function outputs() {
  const files = new Map();
  for (const page of pages) {
    const script = await bundle(`${page}/main.ts`);
    const style = await bundle(`${page}/styles/main.css`);
    const [styled, styleSource] = place(read(`${page}/index.html`).toString(), "style", "style", style);
    const [html, scriptSource] = place(styled, "script", "script", script);
    // Nothing is loaded from elsewhere, nothing runs but this script, and no other page shows this one in a frame.
    const policy = [
      "default-src 'none'",
      `style-src ${styleSource}`,
      `script-src ${scriptSource}`,
      "connect-src 'self'",
      "img-src data:",
      "frame-ancestors 'none'",
      "base-uri 'none'",
      "form-action 'none'",
      "require-trusted-types-for 'script'",
      "trusted-types 'none'",
    ];
    files.set(`dist/${page}.html`, html);
    files.set(`dist/${page}.csp`, policy.join("; "));
  }
  const hashes = (names, bytes) => Object.fromEntries(names.map((name) => [name, digest(bytes(name), "hex")]));
  const manifest = {
    esbuild: version,
    sources: hashes(sources(), read),
    outputs: hashes([...files.keys()], (name) => files.get(name)),
  };
  return files.set("dist/manifest.json", `${JSON.stringify(manifest, null, 2)}\n`);
}

const built = await outputs();
if (process.argv.includes("--check")) {
  const committed = (name) => {
    try {
      return read(name).toString();
    } catch {
      return undefined;
    }
  };
  const stale = [...built].filter(([name, text]) => committed(name) !== text).map(([name]) => name);
  if (stale.length) {
    console.error(`${stale.join(", ")}: not what the sources give. Run \`make web\` and commit sim-cli/web/dist.`);
    process.exit(1);
  }
  console.log("dist/ is what the sources give.");
} else {
  mkdirSync(new URL("dist", here), { recursive: true });
  for (const [name, text] of built) {
    writeFileSync(new URL(name, here), text);
    console.log(`${name}: ${Buffer.byteLength(text)} bytes`);
  }
}
