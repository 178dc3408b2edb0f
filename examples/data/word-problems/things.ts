/** Numbers of things: shares, fractions, percentages, areas. */
import { calc, problem, someone, type Template, two } from "./parts.ts"

const shares: Template = (draw) => {
  const [one, other] = two(draw)
  const what = draw.pick(["marbles", "stickers", "trading cards", "seashells", "coins"])
  const [start, times, found] = [draw.int(12, 60, 4), draw.int(2, 5), draw.int(3, 20)]
  const others = calc(start, "*", times)
  const after = calc(others.value, "+", found)
  const half = calc(start, "/", 2)
  const total = calc(after.value, "+", start, "-", half.value)
  return problem(
    `${one.name} has ${start} ${what}. ${other.name} has ${times} times as many. Then ${other.name} finds ${found} more, and ${one.name} loses half of ${one.their} own. How many ${what} do the two have together now?`,
    [
      `${other.name} has ${others.text} ${what} at first.`,
      `With those found that makes ${after.text}.`,
      `${one.name} loses ${half.text}.`,
      `Together they have ${total.text} ${what}.`
    ],
    total
  )
}

const fractions: Template = (draw) => {
  const part = draw.pick([3, 4, 5, 6])
  const group = draw.pick([
    ["pupils of a school", "walk to school", "come by bus", "are driven"],
    ["guests of a hotel", "order tea", "order coffee", "order nothing"],
    ["trees of an orchard", "are apple trees", "are pear trees", "are cherry trees"],
    ["players of a club", "play chess", "play go", "play cards"]
  ] as const)
  const total = part * draw.int(10, 60, 2)
  const first = calc(total, "/", part)
  const rest = calc(total, "-", first.value)
  const percent = draw.pick([25, 50])
  const even = rest.value % 4 === 0 ? percent : 50
  const second = calc(rest.value, "*", even, "/", 100)
  const left = calc(rest.value, "-", second.value)
  const ordinal = { 3: "third", 4: "quarter", 5: "fifth", 6: "sixth" }[part] ?? ""
  return problem(
    `Of the ${total} ${group[0]}, one ${ordinal} ${group[1]}. Of the others, ${even}% ${group[2]}, and all the rest ${group[3]}. How many ${group[3]}?`,
    [
      `One ${ordinal} is ${first.text}.`,
      `The others are ${rest.text}.`,
      `Of those, ${second.text} ${group[2]}.`,
      `So ${left.text} ${group[3]}.`
    ],
    left
  )
}

const recipe: Template = (draw) => {
  const { name } = someone(draw)
  const [dish, stuff, unit] = draw.pick([
    ["soup", "lentils", "grams"],
    ["punch", "juice", "millilitres"],
    ["bread", "flour", "grams"],
    ["curry", "rice", "grams"]
  ] as const)
  const [people, factor] = [draw.int(2, 6), draw.int(2, 5)]
  const per = draw.int(60, 150, 10)
  const need = people * per
  const guests = people * factor
  const stock = draw.int(50, per * 2, 10)
  const each = calc(need, "/", people)
  const total = calc(each.value, "*", guests)
  const buy = calc(total.value, "-", stock)
  return problem(
    `A recipe for ${people} people takes ${need} ${unit} of ${stuff}. ${name} wants to make the ${dish} for ${guests} people and has ${stock} ${unit} of ${stuff} at home. How many more ${unit} does ${name} need to buy?`,
    [
      `One person takes ${each.text} ${unit}.`,
      `For ${guests} people that is ${total.text} ${unit}.`,
      `${name} needs to buy ${buy.text} ${unit}.`
    ],
    buy
  )
}

const boxes: Template = (draw) => {
  const { name } = someone(draw)
  const what = draw.pick(["oranges", "light bulbs", "tennis balls", "jars of honey", "eggs"])
  const [size, full, loose, boxPrice] = [
    draw.int(6, 12),
    draw.int(8, 30),
    draw.int(1, 5),
    draw.int(3, 9)
  ]
  const packed = calc(size, "*", full)
  const all = calc(packed.value, "+", loose)
  const money = calc(full, "*", boxPrice)
  const single = draw.int(1, 2)
  const rest = calc(loose, "*", single)
  const total = calc(money.value, "+", rest.value)
  return problem(
    `${name} has ${all.value} ${what} and packs them into boxes of ${size}. A full box sells for $${boxPrice}, and each of the ${what} left over for $${single}. How many dollars does ${name} get for all of them?`,
    [
      `${name} fills ${full} boxes, which takes ${packed.text} of the ${what}.`,
      `There are ${calc(all.value, "-", packed.value).text} left over.`,
      `The boxes bring $${money.text}, the rest $${rest.text}.`,
      `Altogether that is $${total.text}.`
    ],
    total
  )
}

const garden: Template = (draw) => {
  const { name } = someone(draw)
  const [long, wide, gate, price] = [
    draw.int(20, 45),
    draw.int(6, 18),
    draw.int(1, 4),
    draw.int(4, 15)
  ]
  const half = calc(long, "+", wide)
  const around = calc(half.value, "*", 2)
  const fence = calc(around.value, "-", gate)
  const cost = calc(fence.value, "*", price)
  const plot = draw.pick(["vegetable garden", "chicken run", "playground", "meadow"])
  return problem(
    `${name} puts a fence around a ${plot} that is ${long} metres long and ${wide} metres wide, leaving a gap of ${gate} metre${gate === 1 ? "" : "s"} for a gate. The fence costs $${price} a metre. What does it cost, in dollars?`,
    [
      `Length and width are ${half.text} metres.`,
      `All around it is ${around.text} metres.`,
      `Without the gap it is ${fence.text} metres.`,
      `The fence costs $${cost.text}.`
    ],
    cost
  )
}

const growth: Template = (draw) => {
  const start = draw.int(100, 400, 100)
  const [p1, lost] = [draw.pick([10, 20, 30, 50]), draw.int(5, 45, 5)]
  const thing = draw.pick([
    ["A bee colony", "bees"],
    ["A newsletter", "readers"],
    ["A choir festival", "singers"],
    ["A village library", "members"]
  ] as const)
  const gain = calc(start, "*", p1, "/", 100)
  const after = calc(start, "+", gain.value)
  const twice = calc(after.value, "*", 2)
  const end = calc(twice.value, "-", lost)
  return problem(
    `${thing[0]} has ${start} ${thing[1]}. In the first year the number grows by ${p1}%. In the second year it doubles, and in the third it falls by ${lost}. How many ${thing[1]} are there then?`,
    [
      `In the first year ${gain.text} ${thing[1]} are added.`,
      `That makes ${after.text}.`,
      `After the second year there are ${twice.text}.`,
      `At the end there are ${end.text} ${thing[1]}.`
    ],
    end
  )
}

export const things: ReadonlyArray<Template> = [shares, fractions, recipe, boxes, garden, growth]
