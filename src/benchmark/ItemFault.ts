/** What is wrong with one item of a dataset, by line and field, without its content. */
import { type Schema, SchemaIssue } from "effect"
import type { Row } from "./Dataset.ts"
import { DatasetError } from "./DatasetError.ts"

/** Calls the benchmark's own functions; what they throw or return amiss is the fault of that line or of that function. */
export const calls =
  (path: string, line: number) =>
  <A>(name: string, is: (value: unknown) => value is A, call: () => unknown): A => {
    let problem = "did not return what it should"
    try {
      const value = call()
      if (is(value)) return value
      if (isUnawaited(value)) problem = "returned a promise, not its value,"
    } catch (error) {
      problem = `threw ${error instanceof Error ? error.name : "a value"}`
    }
    throw new DatasetError({
      path,
      line,
      problem: `The benchmark's \`${name}\` ${problem} for this item.`,
      fix: `Correct \`${name}\`, or let the item schema refuse such rows.`
    })
  }

/** Whether it is a promise. Nobody waits for it; what it rejects with must not end the process. */
export const isUnawaited = (value: unknown): boolean => {
  if (!(value instanceof Promise)) return false
  value.catch(() => {})
  return true
}

const format = SchemaIssue.makeFormatterStandardSchemaV1()

/** @param at the item's place within its line, where several may share one */
export const schemaError = (
  path: string,
  { line, at = "" }: Pick<Row, "line" | "at">,
  error: Schema.SchemaError
): DatasetError => {
  const [first] = format(error.issue).issues
  const field = (first?.path ?? []).reduce<string>((text, segment) => {
    const key = typeof segment === "object" ? segment.key : segment
    if (typeof key === "number") return `${text}[${key}]`
    return text === "" ? String(key) : `${text}.${String(key)}`
  }, at)
  return new DatasetError({
    path,
    line,
    ...(field === "" ? {} : { field }),
    problem: `The item does not fit its schema: ${first?.message ?? "it is of another form"}.`,
    fix: "Correct the item or the benchmark's `item` schema, or pass over such items (--skip-invalid)."
  })
}
