#!/usr/bin/env node
/** Entry of the command line. Looks at the version of Node first: on an older one the rest would fail to parse. */
const [major = 0, minor = 0] = process.versions.node.split(".").map(Number)
if (major < 22 || (major === 22 && minor < 19)) {
  process.stderr.write(
    `spillway needs Node 22.19 or later; this is ${process.version}. Install a newer one, or run: npx node@24 $(which spillway)\n`
  )
  process.exitCode = 2
} else {
  // Compiled code is kept in the system's temporary folder: a start takes half the time. Node's own variables,
  // NODE_COMPILE_CACHE and NODE_DISABLE_COMPILE_CACHE, move it or switch it off.
  process.getBuiltinModule("node:module").enableCompileCache()
  await import("./main.ts")
}
