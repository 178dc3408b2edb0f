/** Speed, age, hours and rates. */
import { calc, problem, someone, type Template, two } from "./parts.ts"

const journey: Template = (draw) => {
  const { name } = someone(draw)
  const [by, verb, low, high] = draw.pick([
    ["on a bicycle", "rides", 12, 24],
    ["by car", "drives", 60, 100],
    ["in a kayak", "paddles", 4, 8]
  ] as const)
  const fast = draw.int(low, high, 2)
  const slow = fast / 2
  const [h1, h2, done] = [draw.int(2, 4), draw.int(1, 5), draw.int(6, 24, 2)]
  const first = calc(fast, "*", h1)
  const second = calc(slow, "*", h2)
  const total = calc(first.value, "+", second.value, "+", done)
  return problem(
    `${name} ${verb} ${by} at ${fast} km per hour for ${h1} hours. After a break ${name} goes on for ${h2} more hour${h2 === 1 ? "" : "s"} at half that speed, and then covers the last ${done} km with a friend. How many kilometres long is the whole way?`,
    [
      `Before the break it is ${first.text} km.`,
      `Half the speed is ${calc(fast, "/", 2).text} km per hour, so after the break it is ${second.text} km.`,
      `The whole way is ${total.text} km.`
    ],
    total
  )
}

const pages: Template = (draw) => {
  const { name, They } = someone(draw)
  const [perDay, days, rest, weeks] = [draw.int(12, 40), draw.int(3, 9), draw.int(4, 12), 7]
  const first = calc(perDay, "*", days)
  const second = calc(rest, "*", weeks)
  const read = calc(first.value, "+", second.value)
  const left = draw.int(15, 90, 5)
  const total = calc(read.value, "+", left)
  return problem(
    `${name} reads ${perDay} pages of a novel a day for ${days} days. During the following week ${name} manages only ${rest} pages a day. ${They} still has ${left} pages to go. How many pages does the novel have?`,
    [
      `In the first ${days} days ${name} reads ${first.text} pages.`,
      `In the week after that it is ${second.text} pages.`,
      `So ${read.text} pages are read.`,
      `The novel has ${total.text} pages.`
    ],
    total
  )
}

const tank: Template = (draw) => {
  const [inflow, outflow, minutes] = [draw.int(12, 30), draw.int(2, 9), draw.int(10, 40, 5)]
  const start = draw.int(50, 300, 10)
  const what = draw.pick(["water tank", "fish pond", "swimming pool", "rain barrel"])
  const net = calc(inflow, "-", outflow)
  const gained = calc(net.value, "*", minutes)
  const total = calc(start, "+", gained.value)
  return problem(
    `A ${what} holds ${start} litres. A pump adds ${inflow} litres a minute while a leak loses ${outflow} litres a minute. How many litres are in it after ${minutes} minutes?`,
    [
      `Each minute it gains ${net.text} litres.`,
      `In ${minutes} minutes that is ${gained.text} litres.`,
      `It then holds ${total.text} litres.`
    ],
    total
  )
}

const ages: Template = (draw) => {
  const [young, old] = two(draw)
  const [age, times, years] = [draw.int(6, 15), draw.int(3, 4), draw.int(4, 15)]
  const now = calc(age, "*", times)
  const [then, other] = [calc(now.value, "+", years), calc(age, "+", years)]
  const sum = calc(then.value, "+", other.value)
  const relation = draw.pick(["neighbour", "teacher", "coach", "choir leader"])
  return problem(
    `${young.name} is ${age} years old. ${old.name}, who is ${young.their} ${relation}, is ${times} times as old. How old will the two be together in ${years} years, in years?`,
    [
      `${old.name} is ${now.text} years old now.`,
      `In ${years} years ${old.name} will be ${then.text} and ${young.name} ${other.text}.`,
      `Together that is ${sum.text} years.`
    ],
    sum
  )
}

const hours: Template = (draw) => {
  const { name } = someone(draw)
  const [one, other] = draw.pick([
    ["practising the piano", "doing homework"],
    ["running", "stretching"],
    ["drawing", "cleaning brushes"],
    ["coding", "writing tests"]
  ] as const)
  const [a, b, days] = [draw.int(30, 90, 15), draw.int(10, 50, 5), draw.pick([12, 24, 36])]
  const daily = calc(a, "+", b)
  const total = calc(daily.value, "*", days)
  const inHours = calc(total.value, "/", 60)
  return problem(
    `Every day ${name} spends ${a} minutes ${one} and ${b} minutes ${other}. How many hours is that in ${days} days?`,
    [
      `A day has ${daily.text} minutes of it.`,
      `In ${days} days that is ${total.text} minutes.`,
      `In hours it is ${inHours.text}.`
    ],
    inHours
  )
}

const average: Template = (draw) => {
  const { name, They } = someone(draw)
  const mean = draw.int(70, 90)
  const [a, b] = [draw.int(-5, 8), draw.int(-5, 8)]
  const [first, second] = [mean + a, mean + b]
  const subject = draw.pick(["history", "chemistry", "geography", "spelling", "statistics"])
  const sum = calc(mean, "*", 3)
  const have = calc(first, "+", second)
  const need = calc(sum.value, "-", have.value)
  return problem(
    `${name} scored ${first} and ${second} points in the first two ${subject} tests. ${They} wants the average of three tests to be exactly ${mean}. How many points does ${name} need in the third test?`,
    [
      `An average of ${mean} takes ${sum.text} points in three tests.`,
      `The first two gave ${have.text}.`,
      `The third must give ${need.text} points.`
    ],
    need
  )
}

export const time: ReadonlyArray<Template> = [journey, pages, tank, ages, hours, average]
