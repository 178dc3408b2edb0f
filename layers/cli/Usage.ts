/**
 * What the command line says of itself. Help and version go to standard output. A call that cannot be read is one line
 * a problem on standard error: help in its place would bury the problem, and would end up in a pipe of results.
 */
import { Console } from "effect"
import { type CliError, CliOutput } from "effect/cli"
import { oneLine } from "../../src/report/PlainText.ts"

type Problem = CliOutput.Presenter.InvalidInvocation["errors"][number]

const suggestion = (names: ReadonlyArray<string>): string =>
  names.length === 0 ? "" : ` Did you mean ${names.join(" or ")}?`

const sentence = (error: Problem, command: string): string => {
  switch (error._tag) {
    case "UnrecognizedOption":
      return `There is no flag ${error.option}.${suggestion(error.suggestions)}`
    case "UnknownSubcommand":
      return `There is no command "${error.subcommand}".${suggestion(error.suggestions)}`
    case "InvalidValue":
      return `${invalid(error)}.`
    case "DuplicateOption":
    case "UnexpectedArgument":
    case "MissingOption":
    case "MissingArgument":
    case "ValidationError":
    case "UserError":
      return `${error.message.replace(/\.$/, "")}${command === "" ? "" : "."}`
  }
}

/** Without the words of the library's own that lead to the rule. */
const invalid = ({ kind, option, value, expected }: CliError.InvalidValue): string => {
  const name = kind === "flag" ? `--${option}` : option
  if (value === "") return `${name} needs a value: ${expected}`
  const rule = expected
    .replace(/^Schema validation failed: /, "")
    .replace(/^Expected:? /, "")
    .replace(/^a string representing a finite number$/, "a number")
  return `${name} "${value}": expected ${rule}`
}

/** `spillway bench: There is no flag --repeat. Did you mean --repeats? See spillway bench --help` */
const lines = ({ commandPath, errors }: CliOutput.Presenter.InvalidInvocation): string => {
  const command = commandPath.join(" ")
  return errors
    .map((error) => oneLine(`${command}: ${sentence(error, command)} See ${command} --help`))
    .join("\n")
}

export const presenter: CliOutput.Presenter = {
  present: (event) =>
    event._tag === "InvalidInvocation"
      ? Console.error(lines(event))
      : CliOutput.defaultPresenter.present(event)
}
