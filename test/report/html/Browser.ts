/** As much of a browser as the script of a page uses: a tree of elements, events, and an address. No markup is read. */
type Listener = (event: { readonly preventDefault: () => void }) => void

export class Element {
  readonly tag: string
  readonly attributes = new Map<string, string>()
  readonly children: Array<Element | string> = []
  readonly listeners = new Map<string, Listener>()
  parent: Element | undefined
  hidden = false
  value = ""
  focused = false

  constructor(tag: string) {
    this.tag = tag
  }
  setAttribute(name: string, value: string) {
    this.attributes.set(name, value)
  }
  getAttribute(name: string) {
    return this.attributes.get(name) ?? null
  }
  append(...added: ReadonlyArray<Element | string>) {
    for (const child of added) {
      if (typeof child !== "string") child.parent = this
      this.children.push(child)
    }
  }
  replaceChildren() {
    this.children.length = 0
  }
  addEventListener(name: string, listener: Listener) {
    this.listeners.set(name, listener)
  }
  fire(name: string) {
    this.listeners.get(name)?.({ preventDefault: () => {} })
  }
  click() {
    this.fire("click")
  }
  focus() {
    this.focused = true
  }
  scrollIntoView() {}
  get elements(): ReadonlyArray<Element> {
    return this.children.filter((child) => typeof child !== "string")
  }
  get firstElementChild() {
    return this.elements[0]
  }
  get childElementCount() {
    return this.elements.length
  }
  get nextElementSibling() {
    const all = this.parent?.elements ?? []
    return all[all.indexOf(this) + 1]
  }
  get textContent(): string {
    return this.children
      .map((child) => (typeof child === "string" ? child : child.textContent))
      .join("")
  }
  set textContent(text: string) {
    this.children.splice(0, this.children.length, text)
  }
  all(): ReadonlyArray<Element> {
    return this.elements.flatMap((child) => [child, ...child.all()])
  }
  /** `.class`, or `[name='value']`. */
  querySelectorAll(selector: string): ReadonlyArray<Element> {
    const [, name, value] = /^\[(.+)='(.+)'\]$/.exec(selector) ?? []
    return this.all().filter((element) =>
      name === undefined
        ? (element.getAttribute("class") ?? "").split(" ").includes(selector.slice(1))
        : element.getAttribute(name) === value
    )
  }
  querySelector(selector: string) {
    return this.querySelectorAll(selector)[0] ?? null
  }
}

/** The elements that a page has by id; those not named are not there. */
export interface Browser {
  readonly byId: (id: string) => Element
  readonly address: () => string
  /** Lets the timers of the script go off. */
  readonly wait: () => void
}

export const run = (
  script: string,
  data: unknown,
  ids: ReadonlyArray<string>,
  hash = ""
): Browser => {
  const elements = new Map(ids.map((id) => [id, new Element("div")]))
  const holder = new Element("script")
  holder.textContent = JSON.stringify(data)
  elements.set("data", holder)
  const location = { hash }
  const timers: Array<() => void> = []
  const world = {
    document: {
      getElementById: (id: string) => elements.get(id) ?? null,
      createElement: (tag: string) => new Element(tag)
    },
    location,
    history: {
      replaceState: (_: unknown, __: unknown, address: string) => {
        location.hash = address
      }
    },
    setTimeout: (go: () => void) => timers.push(go),
    clearTimeout: () => timers.splice(0),
    addEventListener: () => {}
  }
  new Function(...Object.keys(world), script)(...Object.values(world))
  const byId = (id: string) => {
    const found = elements.get(id)
    if (found === undefined) throw new Error(`There is no element ${id}.`)
    return found
  }
  return {
    byId,
    address: () => location.hash,
    wait: () => {
      for (const go of timers.splice(0)) go()
    }
  }
}
