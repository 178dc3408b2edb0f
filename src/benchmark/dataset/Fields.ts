/** Fields of rows that are not of the benchmark's form: looked at by a schema, taken from other places. */
import { Result, Schema } from "effect"

/** A way through objects and arrays, as `answer.text` or `choices.0`, or a function of the whole value. */
export type Places = Readonly<Record<string, string | ((value: unknown) => unknown)>>

export const pick = (places: Places) => {
  const all = Object.entries(places).map(([name, place]) => {
    if (typeof place === "function") return [name, place] as const
    const keys = place.split(".")
    return [name, (value: unknown) => at(value, keys)] as const
  })
  return (value: unknown): Record<string, unknown> =>
    Object.fromEntries(
      all.flatMap(([name, take]) => {
        const taken = take(value)
        return taken === undefined ? [] : [[name, taken] as const]
      })
    )
}

/** Own fields only: `constructor` is no place. */
const at = (value: unknown, keys: ReadonlyArray<string>): unknown =>
  keys.reduce<unknown>(
    (within, key) =>
      typeof within === "object" && within !== null && Object.hasOwn(within, key)
        ? Reflect.get(within, key)
        : undefined,
    value
  )

export const fits = <A>(schema: Schema.ConstraintDecoder<A>, keep: (value: A) => boolean) => {
  const decode = Schema.decodeUnknownResult(schema)
  return (value: unknown): boolean => {
    const decoded = decode(value)
    return Result.isSuccess(decoded) && keep(decoded.success)
  }
}
