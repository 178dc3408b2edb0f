// Names optional platform packages that npm left out of package-lock.json.
// npm drops an optional dependency from the lock when the registry it asked does not serve that binary;
// `npm ci` then refuses the lock on every machine. Run this after anything that rewrites the lock.
import { readFileSync, writeFileSync } from "node:fs"

const FILE = "package-lock.json"
const SYSTEMS = ["linux", "darwin", "win32", "android", "freebsd"]
const PROCESSORS = ["x64", "arm64", "arm", "ia32"]

const lock = JSON.parse(readFileSync(FILE, "utf8"))
const missing = Object.values(lock.packages).flatMap((owner) =>
  Object.entries(owner.optionalDependencies ?? {})
    .map(([name, version]) => ({
      path: `node_modules/${name}`,
      words: name.split(/[^a-z0-9]+/),
      version,
      dev: owner.dev
    }))
    .filter(({ path }) => lock.packages[path] === undefined)
)
for (const { path, words, version, dev } of missing) {
  const os = SYSTEMS.find((system) => words.includes(system))
  const cpu = PROCESSORS.find((processor) => words.includes(processor))
  if (os === undefined || cpu === undefined) continue
  lock.packages[path] = { version, cpu: [cpu], ...(dev ? { dev } : {}), optional: true, os: [os] }
  console.log(`added ${path}@${version}`)
}
const sorted = Object.keys(lock.packages).sort()
lock.packages = Object.fromEntries(sorted.map((path) => [path, lock.packages[path]]))
writeFileSync(FILE, `${JSON.stringify(lock, null, 2)}\n`)
