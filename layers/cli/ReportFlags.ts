/** Where `spillway report` and `spillway compare` write to. */
import { Flag } from "effect/cli"

export const markdown = Flag.String("markdown").pipe(
  Flag.withDescription(
    "Write it as Markdown to this file, for a pull request; - for standard output"
  ),
  Flag.withMetavar("FILE"),
  Flag.optional
)

/** @param content what is on the page */
export const html = (content: string) =>
  Flag.String("html").pipe(
    Flag.withDescription(`Write it as one self-contained page to this file: ${content}`),
    Flag.withMetavar("FILE"),
    Flag.optional
  )

export const quiet = Flag.Boolean("quiet").pipe(
  Flag.withAlias("q"),
  Flag.withDescription("Nothing on the terminal"),
  Flag.withDefault(false)
)
