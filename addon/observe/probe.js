// The in-page probe: tells the proxy when a consent banner is seen and when an answer is stored. It never clicks, never changes
// the page, and falls silent when its endpoint is gone. CONFIG is put in by the proxy.
(() => {
  const config = CONFIG
  document.currentScript?.remove()
  const { endpoint, key, cookies, prefixes, banners, apis, words } = config
  const send = window.fetch?.bind(window)
  if (!send) return
  // as they are before any script of the page has run: what replaces them later neither sees the key nor moves the clock
  const { stringify } = JSON
  const setTimeout = window.setTimeout.bind(window)
  const idle = window.requestIdleCallback?.bind(window)
  const clock = performance.now.bind(performance)
  const origin = performance.timeOrigin
  const framed = window.top !== window
  const pending = []
  const names = { cookies: new Set(), storage: new Set() }
  const values = new Map()
  const visible = new Map()
  const MOST = 200
  let timer = 0
  let failures = 0

  const now = () => origin + clock()
  // without what libraries lay over all objects to have them written in a way of their own
  const jsonOf = (value) => {
    const inert = (each) => {
      if (each === null || typeof each !== 'object') return
      each.toJSON = undefined
      Object.values(each).forEach(inert)
    }
    inert(value)
    return stringify(value)
  }
  const isConsent = (name) => cookies.includes(name) || prefixes.some((prefix) => name.startsWith(prefix))

  // cookies that scripts wrote of late, each with the moment. What is written may be a deletion, or refused by the browser, and
  // to ask for the cookies is slow: so that is done once, when they are told
  const written = new Map()
  const tellWritten = () => {
    try {
      const jar = cookieJar()
      for (const [name, at] of written) {
        if (!jar.has(name) || pending.length >= 200) continue
        names.cookies.add(name)
        pending.push({ kind: 'names', cookies: [name], at })
      }
    } catch {
      // a sandboxed page may not read its cookies
    }
    written.clear()
  }
  const flush = () => {
    timer = 0
    if (written.size) tellWritten()
    if (!pending.length || failures > 2) return
    const observations = pending.splice(0, 50)
    // the key is in no object, which could be made to give it away
    const body = `{"key":"${key}","framed":${framed},"sent_at":${now()},"observations":${jsonOf(observations)}}`
    send(endpoint, { method: 'POST', body, keepalive: true, credentials: 'omit', headers: { 'content-type': 'text/plain' } })
      .then((response) => { failures = response.ok ? 0 : failures + 1 })
      .catch(() => { failures += 1 })
    if (pending.length) timer = setTimeout(flush, 50)
  }
  const tell = (observation, delay = 0) => {
    if (pending.length < 200) pending.push({ at: now(), ...observation })
    if (delay === 0) flush()
    else timer ||= setTimeout(flush, delay)
  }

  const cookieJar = () => {
    const jar = new Map()
    for (const part of document.cookie.split(';')) {
      const at = part.indexOf('=')
      if (at > 0) jar.set(part.slice(0, at).trim(), part.slice(at + 1))
    }
    return jar
  }
  // every consent value that is there now; `written` says that this very moment stored it
  const look = (written, again = false) => {
    try {
      const jar = cookieJar()
      const seen = new Map()
      for (const [name, value] of jar) if (isConsent(name)) seen.set(`cookie ${name}`, value)
      for (const name of cookies) {
        const value = storageGet(name)
        if (value !== null) seen.set(`storage ${name}`, value)
      }
      for (const id of values.keys()) if (!seen.has(id)) seen.set(id, null)
      for (const [id, value] of seen) {
        if (values.get(id) === value && !again) continue
        const changed = values.get(id) !== value
        values.set(id, value)
        const [where, name] = [id.slice(0, id.indexOf(' ')), id.slice(id.indexOf(' ') + 1)]
        if (value === null || value.length <= 8192) tell({ kind: 'consent', where, name, value, written: written && changed })
      }
    } catch {
      // a sandboxed page may not read its cookies
    }
  }
  const storageGet = (name) => {
    try {
      return window.localStorage.getItem(name)
    } catch {
      return null
    }
  }

  const cookie = Object.getOwnPropertyDescriptor(Document.prototype, 'cookie')
  if (cookie?.configurable) {
    Object.defineProperty(Document.prototype, 'cookie', {
      ...cookie,
      set(text) {
        cookie.set.call(this, text)
        const name = String(text).split('=', 1)[0].trim()
        if (isConsent(name)) look(true)
        else if (name && name.length <= 200 && !names.cookies.has(name) && written.size < 200) {
          written.set(name, now())
          timer ||= setTimeout(flush, 300)
        }
      },
    })
  }
  const setItem = Storage.prototype.setItem
  Storage.prototype.setItem = function (name, value) {
    setItem.call(this, name, value)
    const text = String(name)
    if (isConsent(text)) look(true)
    else if (text && text.length <= 200 && !names.storage.has(text) && names.storage.size < 200) {
      names.storage.add(text)
      tell({ kind: 'names', storage: [text] }, 300)
    }
  }

  // --- what consent managers' script interfaces say. The catalogue gives the paths that are read, which call getters alone;
  // whatever a page's own objects do there is contained
  let clickedAt = 0
  const plain = (value) => {
    if (typeof value === 'string') return value.length <= 8192 ? value : undefined
    if (typeof value === 'boolean' || Number.isFinite(value)) return value
    if (!Array.isArray(value)) return undefined
    const found = []
    for (let at = 0; at < value.length && at < MOST; at++) if (typeof value[at] !== 'object') found.push(plain(value[at]) ?? null)
    return found
  }
  const every = (value, key, steps, kept) => {
    const found = Object.create(null)
    for (const id of Object.keys(value).slice(0, MOST)) {
      const said = follow(value[id], steps, kept)
      const named = String(key ? value[id][key] : id)
      if (said !== undefined && !(said instanceof Promise) && named.length <= 200) found[named] = said
    }
    return found
  }
  const onward = (value, step, kept) => {
    const [, getter, argument] = /^(\w+)\((\w*)\)$/.exec(step) ?? []
    if (!getter) return value[step]
    if (!argument) return value[getter]()
    return argument in kept ? value[getter](kept[argument]) : undefined
  }
  const follow = (value, steps, kept) => {
    for (let at = 0; at < steps.length; at++) {
      if (value === null || value === undefined) return undefined
      if (value instanceof Promise) return value.then((got) => follow(got, steps.slice(at), kept))
      if (steps[at][0] === '*') return every(value, steps[at].slice(1), steps.slice(at + 1), kept)
      value = onward(value, steps[at], kept)
    }
    return value instanceof Promise ? value.then(plain) : plain(value)
  }
  const readAll = (paths, from, kept) => {
    const state = {}
    const later = []
    for (const [name, path] of Object.entries(paths)) {
      const put = (value) => { if (value !== undefined) state[name] = value }
      try {
        const got = follow(from, path.split('.'), kept)
        if (got instanceof Promise) later.push(got.then(put, () => {}))
        else put(got)
      } catch {
        // not there yet, or not as documented
      }
    }
    return { state, later }
  }
  const settle = (api, state, event, at, again) => {
    const text = jsonOf(state)
    if (text === '{}' || text.length > 12000) return
    if (event) api.event = event
    const seen = `${api.event} ${text}`
    const changed = seen !== api.seen
    if (!changed && !again) return
    // a choice is the person's who just clicked; what an event tells at the start of a page was chosen on another one
    const chosen = event && changed && at - clickedAt < 2000
    api.seen = seen
    const { manager, name } = api
    tell({ kind: 'consent', where: 'api', manager, name, event: api.event, state, chosen_at: chosen ? clickedAt : null, at }, 20)
  }
  const ask = (api, { event = null, payload = null, again = false } = {}) => {
    const at = now()
    for (const listener of api.listeners) {
      try {
        listen(api, listener)
      } catch {
        // as below
      }
    }
    try {
      if (payload !== null) Object.assign(api.eventState, readAll(api.event_paths, payload, api.kept).state)
      const { state, later } = readAll(api.window_paths, window, api.kept)
      const done = () => settle(api, { ...api.eventState, ...state }, event, at, again)
      if (later.length) Promise.all(later).then(done).catch(() => {})
      else done()
    } catch {
      // an object of the page that does not let itself be read
    }
  }
  // each function that takes listeners gets one, and its successor too: a stub is replaced by the real thing later
  const listen = (api, { path, arguments: given, watcher, keeps }) => {
    const steps = path.split('.')
    const last = steps.pop()
    let owner = window
    for (const step of steps) owner = owner && onward(owner, step, api.kept)
    const take = owner?.[last]
    if (typeof take !== 'function' || api.listening > 9) return
    const taker = owner === window ? take : owner
    const known = api.takers.get(taker) ?? []
    if (known.includes(path)) return
    api.takers.set(taker, [...known, path])
    api.listening += 1
    const event = [...given].reverse().find((each) => typeof each === 'string') ?? last
    const listener = (payload) => {
      if (keeps) api.kept[keeps] = payload
      // to be read once whoever tells of it is done
      if (keeps) setTimeout(() => ask(api), 0)
      else ask(api, { event, payload })
    }
    take.call(owner, ...given, watcher ? { [watcher]: listener } : listener)
  }
  const interfaces = framed ? [] : apis.map((api) => ({ ...api, eventState: {}, kept: {}, takers: new WeakMap(), listening: 0, event: null, seen: null }))
  for (const api of interfaces) {
    for (const name of api.events) {
      window.addEventListener(name, (event) => {
        try {
          ask(api, { event: name, payload: event.detail ?? null })
        } catch {
          // an event whose detail does not let itself be read
        }
      }, true)
    }
  }

  const find = (selector) => {
    const found = document.querySelector(selector)
    if (!found) return null
    const parts = [found, ...(found.shadowRoot?.children ?? []), ...found.children]
    return parts.some((part) => part.checkVisibility?.({ checkVisibilityCSS: true, checkOpacity: true }) && part.getBoundingClientRect().height > 1)
      ? found
      : null
  }
  const watch = () => {
    for (const [manager, { selectors }] of Object.entries(banners)) {
      const shown = selectors.some((selector) => {
        try {
          return find(selector) !== null
        } catch {
          return false
        }
      })
      if (shown === (visible.get(manager) ?? false)) continue
      visible.set(manager, shown)
      if (shown) fresh = 4
      tell({ kind: 'banner', event: shown ? 'shown' : 'hidden', manager }, 20)
      look(false)
      stillOpen(manager)
    }
  }
  const clicked = (event) => {
    if (!event.isTrusted) return
    clickedAt = now()
    watch()
    const path = event.composedPath()
    for (const [manager, { selectors }] of Object.entries(banners)) {
      const inside = path.some((node) => node instanceof Element && selectors.some((selector) => node.matches(selector)))
      if (!inside) continue
      const button = path.find((node) => node instanceof Element && node.matches('button,a,input,[role=button]'))
      if (button) tell({ kind: 'banner', event: 'clicked', manager, label: labelOf(button).slice(0, 120) })
      return
    }
    if (dialog === null || !path.includes(dialog)) return
    const button = path.slice(0, path.indexOf(dialog)).find((node) => node.nodeType === 1 && node.matches(BUTTONS))
    if (button && choosing(button)) tell({ kind: 'banner', event: 'clicked', generic: true, label: labelOf(button).slice(0, 120) })
  }
  document.addEventListener('click', clicked, true)

  // --- dialogs that look like a consent banner of nobody the catalogue knows: they speak of cookies, and have a button to choose
  const speaks = new RegExp(words.about, 'i')
  const chooses = new RegExp(`^\\W*(?:${words.buttons})`, 'i')
  const BUTTONS = 'button,a,input[type=button],input[type=submit],[role=button]'
  const LOOKS = '[role=dialog],[role=alertdialog],[aria-modal=true],dialog[open],' +
    ['cookie', 'consent', 'gdpr', 'privacy'].map((word) => `[id*=${word} i],[class*=${word} i]`).join(',')
  const labelOf = (button) => (button.innerText || button.value || button.getAttribute('aria-label') || '').trim()
  const choosing = (button) => chooses.test((button.textContent || button.value || button.getAttribute('aria-label') || '').trim().slice(0, 60))
  const shows = (element) => element.isConnected && element.checkVisibility?.({ checkVisibilityCSS: true, checkOpacity: true }) && element.getBoundingClientRect().height > 1
  const stands = (element) => element.matches('[role=dialog],[role=alertdialog],[aria-modal=true],dialog') ||
    ['fixed', 'sticky'].includes(element.ownerDocument.defaultView?.getComputedStyle(element).position)
  const looksLikeOne = (element) => {
    if (!stands(element)) return false
    const text = element.textContent
    if (!text || text.length > 20000 || !speaks.test(text) || !shows(element)) return false
    return [...element.querySelectorAll(BUTTONS)].slice(0, 40).some(choosing)
  }
  const framesSeen = new WeakSet()
  // the documents and shadow trees to look in. Frames with an address of their own have a probe of their own
  const roots = () => {
    const found = [document]
    for (const root of found) {
      const near = root === document ? document.querySelectorAll('body > *, body > * > *') : root.querySelectorAll('*')
      for (const element of [...near].slice(0, 300)) {
        if (found.length > 20) return found
        if (element.shadowRoot) found.push(element.shadowRoot)
        if (element.localName !== 'iframe' || !/^(about:|$)/.test(element.getAttribute('src') ?? '')) continue
        const inner = element.contentDocument
        if (!inner?.body) continue
        found.push(inner)
        if (!framesSeen.has(inner)) inner.addEventListener('click', clicked, true)
        framesSeen.add(inner)
      }
    }
    return found
  }
  const findDialog = () => {
    for (const root of roots()) {
      const top = root === document ? 'body > *' : ':not(style,script)'
      const near = [...root.querySelectorAll(LOOKS)].slice(0, 60).concat([...root.querySelectorAll(top)].slice(0, 60))
      const found = near.find(looksLikeOne)
      if (found) return found
    }
    return null
  }
  let dialog = null
  let lookedAt = -1000
  let looking = false
  let stale = true
  const watchDialog = () => {
    looking = stale = false
    lookedAt = clock()
    try {
      const known = [...visible.values()].includes(true)
      const found = known ? null : dialog && looksLikeOne(dialog) ? dialog : findDialog()
      if ((found === null) !== (dialog === null)) tell({ kind: 'banner', event: found ? 'shown' : 'hidden', generic: true }, 20)
      dialog = found
    } catch {
      // a document that does not let itself be searched
    }
  }
  // when the page has nothing else to do, and once a second at most; less often where nothing has changed
  const dialogSoon = () => {
    if (looking || document.hidden || clock() - lookedAt < (stale ? 1000 : 4000)) return
    looking = true
    if (idle) idle(watchDialog, { timeout: 2000 })
    else setTimeout(watchDialog, 200)
  }

  let watching = 0
  const soon = () => { watching ||= setTimeout(() => { watching = 0; stale = true; watch(); dialogSoon() }, 100) }
  // not while the page is still being read: to look forces a layout of what is there so far, and to be told of each element that
  // is read holds up the page's load event
  document.addEventListener('DOMContentLoaded', () => {
    soon()
    new MutationObserver(soon).observe(document, { subtree: true, childList: true, attributes: true, attributeFilter: ['class', 'style', 'hidden', 'open'] })
  })
  // whether the page was left, after which nobody can answer in it
  let gone = false
  // ticks in which a banner that just came is told to be still open, so that a page that is soon ended tells as much as a longer one
  let fresh = 0
  const stillOpen = (manager) => {
    if (!visible.get(manager)) return
    const { stored } = banners[manager]
    const answered = stored.some((name) => values.get(`cookie ${name}`) != null || values.get(`storage ${name}`) != null)
    if (stored.length && !answered) tell({ kind: 'banner', event: gone ? 'left' : 'open', manager }, 20)
  }
  // what is still so: answers that are stored, banners that stand open with nothing stored
  const beat = () => {
    watch()
    look(false, true)
    interfaces.forEach((api) => ask(api, { again: true }))
    Object.keys(banners).forEach(stillOpen)
  }
  let ticks = 0
  const tick = () => {
    dialogSoon()
    if (++ticks % 4 === 0) return beat()
    watch()
    look(false)
    if (fresh > 0) {
      fresh -= 1
      Object.keys(banners).forEach(stillOpen)
    }
    interfaces.forEach((api) => { if (api.seen === null || now() - clickedAt < 3000) ask(api) })
  }
  window.setInterval(tick, 500)
  // at the window, where it comes after what the page itself does as it is left
  const leave = () => { beat(); flush() }
  window.addEventListener('visibilitychange', () => { if (document.visibilityState === 'hidden') leave() })
  window.addEventListener('pagehide', () => { gone = true; leave() })
  window.addEventListener('pageshow', () => { gone = false })
  look(false)
})()
