/** Prices, wages and savings. */
import { calc, problem, someone, type Template } from "./parts.ts"

const discount: Template = (draw) => {
  const { name, They } = someone(draw)
  const item = draw.pick([
    "jacket",
    "backpack",
    "bicycle helmet",
    "tent",
    "desk lamp",
    "violin bow"
  ])
  const [price, off, voucher] = [
    draw.int(40, 200, 20),
    draw.pick([10, 15, 20, 25, 40]),
    draw.int(3, 9)
  ]
  const saved = calc(price, "*", off, "/", 100)
  const reduced = calc(price, "-", saved.value)
  const paid = calc(reduced.value, "-", voucher)
  return problem(
    `A ${item} costs $${price}, and today everything in the shop is ${off}% off. ${name} also has a voucher worth $${voucher} that is taken off after the discount. How much does ${name} pay for the ${item}, in dollars?`,
    [
      `The discount is $${saved.text}.`,
      `That lowers the price to $${reduced.text}.`,
      `${They} pays $${paid.text} after the voucher.`
    ],
    paid
  )
}

const wages: Template = (draw) => {
  const { name, They } = someone(draw)
  const place = draw.pick([
    "a garden centre",
    "a cinema",
    "a library",
    "an animal shelter",
    "a repair shop"
  ])
  const [wage, hours, extra] = [draw.int(12, 24, 2), draw.int(20, 38), draw.int(2, 8)]
  const regular = calc(wage, "*", hours)
  const rate = calc(wage, "*", 3, "/", 2)
  const over = calc(rate.value, "*", extra)
  const total = calc(regular.value, "+", over.value)
  return problem(
    `${name} works at ${place} for $${wage} an hour. Overtime is paid at one and a half times that rate. Last week ${name} worked ${hours} regular hours and ${extra} hours of overtime. How many dollars did ${name} earn last week?`,
    [
      `The regular hours pay $${regular.text}.`,
      `An hour of overtime pays $${rate.text}.`,
      `${They} gets $${over.text} for the overtime.`,
      `That makes $${total.text} in all.`
    ],
    total
  )
}

const savings: Template = (draw) => {
  const { name, They, their } = someone(draw)
  const item = draw.pick([
    "a telescope",
    "a guitar",
    "a skateboard",
    "a camera",
    "a sewing machine"
  ])
  const [weekly, spend, gift, weeks] = [
    draw.int(15, 40, 5),
    draw.int(3, 12),
    draw.int(20, 60, 10),
    draw.int(6, 20)
  ]
  const kept = calc(weekly, "-", spend)
  const saved = calc(kept.value, "*", weeks)
  const total = calc(saved.value, "+", gift)
  const missing = draw.int(5, 50, 5)
  const price = calc(total.value, "+", missing)
  return problem(
    `${name} earns $${weekly} a week by walking dogs and spends $${spend} of it each week. After ${weeks} weeks ${their} aunt adds a gift of $${gift}. ${They} is now $${missing} short of the price of ${item}. What does ${item} cost, in dollars?`,
    [
      `Each week ${name} keeps $${kept.text}.`,
      `In ${weeks} weeks that is $${saved.text}.`,
      `With the gift it is $${total.text}.`,
      `The price is $${price.text}.`
    ],
    price
  )
}

const tickets: Template = (draw) => {
  const event = draw.pick(["a puppet show", "a concert", "a football match", "a planetarium"])
  const adult = draw.int(8, 20, 2)
  const child = adult / 2
  const [adults, children, change] = [draw.int(2, 6), draw.int(2, 9), draw.int(1, 15)]
  const { name } = someone(draw)
  const grown = calc(adult, "*", adults)
  const small = calc(child, "*", children)
  const total = calc(grown.value, "+", small.value)
  const paid = calc(total.value, "+", change)
  return problem(
    `A ticket for ${event} costs $${adult}, and children pay half. ${name} buys tickets for ${adults} adults and ${children} children and gets $${change} back. How many dollars did ${name} hand over?`,
    [
      `The adults cost $${grown.text}.`,
      `A child pays $${calc(adult, "/", 2).text}, so the children cost $${small.text}.`,
      `All tickets cost $${total.text}.`,
      `${name} handed over $${paid.text}.`
    ],
    paid
  )
}

const phone: Template = (draw) => {
  const { name, They } = someone(draw)
  const [base, free, cents, used] = [
    draw.int(10, 30),
    draw.int(60, 200, 20),
    draw.int(5, 25, 5),
    draw.int(20, 160, 20)
  ]
  const minutes = free + used
  const over = calc(minutes, "-", free)
  const extra = calc(over.value, "*", cents, "/", 100)
  const bill = calc(base, "+", extra.value)
  return problem(
    `${name} pays $${base} a month for a phone plan with ${free} free minutes. Each further minute costs ${cents} cents. This month ${name} talked for ${minutes} minutes. How high is the bill, in dollars?`,
    [
      `${They} talked ${over.text} minutes more than are free.`,
      `They cost $${extra.text}.`,
      `The bill is $${bill.text}.`
    ],
    bill
  )
}

const bakery: Template = (draw) => {
  const { name, They } = someone(draw)
  const [item, pack] = draw.pick([
    ["muffins", "trays"],
    ["bread rolls", "baskets"],
    ["cookies", "sheets"],
    ["dumplings", "steamers"]
  ] as const)
  const [packs, each, given, price] = [
    draw.int(4, 12),
    draw.int(8, 24, 2),
    draw.int(5, 25),
    draw.int(2, 4)
  ]
  const made = calc(packs, "*", each)
  const left = calc(made.value, "-", given)
  const money = calc(left.value, "*", price)
  return problem(
    `${name} bakes ${packs} ${pack} of ${item} with ${each} ${item} on each. ${They} gives ${given} of them to the neighbours and sells the rest for $${price} apiece. How many dollars does ${name} take in?`,
    [
      `${name} bakes ${made.text} ${item}.`,
      `After the gifts there are ${left.text} left to sell.`,
      `They bring in $${money.text}.`
    ],
    money
  )
}

export const money: ReadonlyArray<Template> = [discount, wages, savings, tickets, phone, bakery]
