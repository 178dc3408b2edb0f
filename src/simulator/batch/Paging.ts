/** Lists that are read page by page: `after`, `limit`, and the page in the form of the wire. */
import { Result } from "effect"
import type { JsonObject } from "../../request/GenerateRequest.ts"
import { type ErrorAnswer, invalid } from "../ErrorAnswers.ts"

export interface Listed {
  readonly id: string
}

const limitOf = (query: URLSearchParams, most: number, fallback: number) => {
  const asked = query.get("limit")
  if (asked === null || asked === "") return Result.succeed(fallback)
  const limit = Number(asked)
  return Number.isInteger(limit) && limit >= 1 && limit <= most
    ? Result.succeed(limit)
    : Result.fail(
        invalid(
          `Invalid 'limit': expected an integer between 1 and ${most}, but got '${asked}' instead.`,
          "limit",
          "integer_out_of_range"
        )
      )
}

/**
 * @param items in the order of the list
 * @param most items of one page, and `fallback` where the query names none
 */
export const page = <A extends Listed>(
  items: ReadonlyArray<A>,
  query: URLSearchParams,
  bounds: { readonly most: number; readonly fallback: number },
  render: (item: A) => JsonObject
): Result.Result<JsonObject, ErrorAnswer> => {
  const limit = limitOf(query, bounds.most, bounds.fallback)
  if (Result.isFailure(limit)) return Result.fail(limit.failure)
  const after = query.get("after") ?? ""
  const known = after === "" ? -1 : items.findIndex((item) => item.id === after)
  if (after !== "" && known < 0) {
    return Result.fail(invalid(`No such object: ${after}`, "after", "invalid_value"))
  }
  const start = known + 1
  const shown = items.slice(start, start + limit.success)
  return Result.succeed({
    object: "list",
    data: shown.map(render),
    first_id: shown[0]?.id ?? null,
    last_id: shown.at(-1)?.id ?? null,
    has_more: start + shown.length < items.length
  })
}
