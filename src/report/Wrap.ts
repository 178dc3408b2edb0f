/** Lines of at most `width` columns, broken at blanks; a longer word is cut. */
export const wrap = (text: string, width: number): ReadonlyArray<string> => {
  const lines: Array<string> = []
  let line = ""
  for (const word of text.split(" ")) {
    let rest = word
    while (rest.length > width) {
      if (line !== "") lines.push(line)
      line = ""
      lines.push(rest.slice(0, width))
      rest = rest.slice(width)
    }
    if (line === "") line = rest
    else if (line.length + 1 + rest.length <= width) line = `${line} ${rest}`
    else {
      lines.push(line)
      line = rest
    }
  }
  return [...lines, line]
}

const INDENT = "  "

/** The same set in by two columns. */
export const indented = (text: string, width: number): ReadonlyArray<string> =>
  wrap(text, width - INDENT.length).map((line) => INDENT + line)

/** Lines after the first are set in by two columns, so that one text of several can be told from the next. */
export const hanging = (text: string, width: number): ReadonlyArray<string> => {
  const [first = ""] = wrap(text, width)
  const rest = text.slice(first.length).trimStart()
  return rest === "" ? [first] : [first, ...indented(rest, width)]
}
