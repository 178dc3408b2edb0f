/**
 * Builds the command line into a few files once for a test run, always from the sources as they are: a process of it then
 * starts in a quarter of the time that Node takes to find and link several hundred modules. `Cli.ts` starts what is built
 * here. The tests of examples and tour start the sources themselves, and `.ci/package.sh` the package.
 */
import { chmodSync, globSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join, resolve } from "node:path"
import { build, defaultServerConditions, type Plugin } from "vite"
import type { TestProject } from "vitest/node"

const project = resolve(import.meta.dirname, "../..")

const textsOf = (folder: string): ReadonlyArray<string> =>
  globSync("*.ts", { cwd: folder }).map((name) => readFileSync(join(folder, name), "utf8"))

/** What benchmark files import of Spillway and Effect: it is to be the same module in the process that runs one. */
const shared = new Set(
  [...textsOf(join(import.meta.dirname, "fixtures")), ...textsOf(join(project, "examples"))]
    .filter((text) => /^export default /m.test(text))
    .flatMap((text) => [...text.matchAll(/ from "((?:spillway|effect)(?:\/[^"]+)?)"/g)])
    .map(([, name = ""]) => name)
)

const fileOf = (name: string): string => name.replaceAll("/", "-")

const files = Object.fromEntries([...shared].map((name) => [name, `./${fileOf(name)}.mjs`]))

/** `.ts`, as the source that it stands for: the command line tells by it how it was called. */
const entry = `import { enableCompileCache, registerHooks } from "node:module"
// Beside it, to go with it.
enableCompileCache(import.meta.dirname + "/cache")
const files = ${JSON.stringify(files)}
registerHooks({
  resolve: (name, context, next) =>
    Object.hasOwn(files, name)
      ? { url: new URL(files[name], import.meta.url).href, format: "module", shortCircuit: true }
      : next(name, context)
})
await import("./main.mjs")
`

/** The package says that its modules do nothing by themselves, which is not so for the program of the command line. */
const keepMain: Plugin = {
  name: "keep-main",
  transform: (_, id) =>
    id.endsWith("/layers/cli/main.ts") ? { moduleSideEffects: true } : undefined
}

const make = (folder: string) =>
  build({
    root: project,
    configFile: false,
    logLevel: "error",
    plugins: [keepMain],
    ssr: {
      noExternal: true,
      resolve: { conditions: ["spillway-source", ...defaultServerConditions] }
    },
    build: {
      ssr: true,
      target: "node22",
      minify: false,
      outDir: folder,
      emptyOutDir: false,
      rolldownOptions: {
        input: {
          main: join(project, "layers/cli/bin.ts"),
          ...Object.fromEntries([...shared].map((name) => [fileOf(name), name]))
        },
        // The client of PostgreSQL looks for it, and does without.
        external: ["pg-native"],
        output: { format: "es", entryFileNames: "[name].mjs", chunkFileNames: "[name]-[hash].mjs" }
      }
    }
  })

/** Vitest calls it before the first test of a run, and what it returns after the last. */
export default async function setUp(vitest: TestProject): Promise<() => void> {
  const folder = mkdtempSync(join(tmpdir(), "spillway-cli-build-"))
  const remove = () => rmSync(folder, { recursive: true, force: true })
  try {
    // A test runs it as another user.
    chmodSync(folder, 0o755)
    await make(folder)
    writeFileSync(join(folder, "bin.ts"), entry)
  } catch (cause) {
    remove()
    throw cause
  }
  vitest.onTestsRerun(() => make(folder).then(() => {}))
  process.env.SPILLWAY_TEST_CLI = join(folder, "bin.ts")
  return remove
}
