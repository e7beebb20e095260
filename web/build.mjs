// Bundles the site's scripts, styles and fonts into the folder named by the first argument.
// Every name carries a hash of the content; manifest.json maps "site.js" to "site.1A2B3C4D.js" for the templates.
import { build } from "esbuild";
import { copyFileSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import subsetFont from "subset-font";
import { brotliCompressSync, gzipSync } from "node:zlib";

const out = process.argv[2];
if (!out) throw new Error("usage: node build.mjs FOLDER");

// A page's own script: assets/ts/pages/live.ts becomes live.js. What draws charts, site.js loads when one comes near: draw.js.
const pages = Object.fromEntries(
  readdirSync("assets/ts/pages").map((file) => [file.replace(/\.ts$/, ""), `assets/ts/pages/${file}`]),
);

// Every character of the alphabets that pages load.
const LATIN = String.fromCodePoint(...Array.from({ length: 0x2300 - 0x20 }, (_, at) => at + 0x20), 0xfeff, 0xfffd);

// The sans in the weights that pages use: a third less, which a slow line brings one round trip sooner.
const weights = {
  name: "weights",
  setup: ({ onLoad }) =>
    onLoad({ filter: /inter-latin-wght-normal\.woff2$/ }, async ({ path }) => ({
      contents: await subsetFont(readFileSync(path), LATIN, { targetFormat: "woff2", variationAxes: { wght: { min: 400, max: 700 } } }),
      loader: "file",
    })),
};

const result = await build({
  plugins: [weights],
  entryPoints: { site: "assets/ts/site.ts", style: "assets/css/style.css", ...pages },
  bundle: true,
  splitting: true,
  format: "esm",
  target: ["es2022", "safari16"],
  minify: process.env.PROFILE === "release",
  legalComments: "linked",
  // Compiled as a whole while it comes, beside the page: function by function as they are met, the first chart takes twice as long.
  banner: { js: "//# allFunctionsCalledOnLoad" },
  entryNames: "[name].[hash]",
  chunkNames: "[name].[hash]",
  assetNames: "[name].[hash]",
  loader: { ".woff2": "file", ".svg": "file" },
  outdir: out,
  metafile: true,
  logLevel: "warning",
});

const manifest = {};
for (const [path, output] of Object.entries(result.metafile.outputs)) {
  const name = basename(path);
  if (output.entryPoint) manifest[name.replace(/\.[A-Z0-9]{8}\./, ".")] = name;
  // The fonts are named too, so that a page can preload them.
  if (name.endsWith(".woff2")) manifest[name.replace(/\.[A-Z0-9]{8}\./, ".")] = name;
}
const sorted = Object.fromEntries(Object.entries(manifest).sort());
writeFileSync(join(out, "manifest.json"), `${JSON.stringify(sorted, null, 2)}\n`);

// The weekly report is set in the same type, in more alphabets than pages load.
for (const alphabet of ["latin", "latin-ext", "greek", "cyrillic"]) {
  const font = `node_modules/@fontsource-variable/inter/files/inter-${alphabet}-wght-normal.woff2`;
  copyFileSync(font, join(out, `report-${alphabet}.woff2`));
}

// Compressed once, here, and not at each request. Fonts are compressed already.
for (const name of readdirSync(out).filter((file) => /\.(js|css)$/.test(file))) {
  const content = readFileSync(join(out, name));
  writeFileSync(join(out, `${name}.br`), brotliCompressSync(content));
  writeFileSync(join(out, `${name}.gz`), gzipSync(content, { level: 9 }));
}
