// The in-page probe: tells the proxy when a consent banner is seen and when an answer is stored. It never clicks, never changes
// the page, and falls silent when its endpoint is gone. CONFIG is put in by the proxy.
(() => {
  const config = CONFIG
  document.currentScript?.remove()
  const { endpoint, key, cookies, prefixes, banners } = config
  const send = window.fetch?.bind(window)
  if (!send) return
  const framed = window.top !== window
  const pending = []
  const names = { cookies: new Set(), storage: new Set() }
  const values = new Map()
  const visible = new Map()
  let timer = 0
  let failures = 0

  const now = () => performance.timeOrigin + performance.now()
  const isConsent = (name) => cookies.includes(name) || prefixes.some((prefix) => name.startsWith(prefix))

  const flush = () => {
    timer = 0
    if (!pending.length || failures > 2) return
    const observations = pending.splice(0, 50)
    const body = JSON.stringify({ key, framed, sent_at: now(), observations })
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
        // what is written may also be a deletion
        else if (name && name.length <= 200 && !names.cookies.has(name) && cookieJar().has(name)) {
          names.cookies.add(name)
          tell({ kind: 'names', cookies: [name] }, 300)
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
      tell({ kind: 'banner', event: shown ? 'shown' : 'hidden', manager }, 20)
      look(false)
      stillOpen(manager)
    }
  }
  document.addEventListener('click', (event) => {
    if (!event.isTrusted) return
    watch()
    const path = event.composedPath()
    for (const [manager, { selectors }] of Object.entries(banners)) {
      const inside = path.some((node) => node instanceof Element && selectors.some((selector) => node.matches(selector)))
      if (!inside) continue
      const button = path.find((node) => node instanceof Element && node.matches('button,a,input,[role=button]'))
      if (button) tell({ kind: 'banner', event: 'clicked', manager, label: (button.innerText || button.value || '').trim().slice(0, 120) })
      return
    }
  }, true)

  let watching = 0
  const soon = () => { watching ||= setTimeout(() => { watching = 0; watch() }, 100) }
  new MutationObserver(soon).observe(document, { subtree: true, childList: true, attributes: true, attributeFilter: ['class', 'style', 'hidden', 'open'] })
  const stillOpen = (manager) => {
    const { stored } = banners[manager]
    const answered = stored.some((name) => values.get(`cookie ${name}`) != null || values.get(`storage ${name}`) != null)
    if (stored.length && visible.get(manager) && !answered) tell({ kind: 'banner', event: 'open', manager }, 20)
  }
  // what is still so: answers that are stored, banners that stand open with nothing stored
  const beat = () => {
    watch()
    look(false, true)
    Object.keys(banners).forEach(stillOpen)
  }
  let ticks = 0
  setInterval(() => { if (++ticks % 4) { watch(); look(false) } else beat() }, 500)
  const leave = () => { beat(); flush() }
  document.addEventListener('visibilitychange', () => { if (document.visibilityState === 'hidden') leave() })
  window.addEventListener('pagehide', leave)
  look(false)
})()
