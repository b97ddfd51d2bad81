// Beside the probe while a tester teaches a banner (consentwire learn), and in no other run: tells what stands in the page's cookies
// and local storage, by name and value. The proxy keeps words and hashes what may identify somebody. CONFIG is put in by the proxy.
(() => {
  const { endpoint, key } = CONFIG
  document.currentScript?.remove()
  const send = window.fetch?.bind(window)
  if (!send || window.top !== window) return
  const { stringify } = JSON
  const MOST = 200
  const LONGEST = 4001
  let last = ''
  let failures = 0
  const read = () => {
    const cookies = {}
    const storage = {}
    try {
      for (const part of document.cookie.split(';').slice(0, MOST)) {
        const at = part.indexOf('=')
        if (at > 0) cookies[part.slice(0, at).trim().slice(0, MOST)] = part.slice(at + 1, at + 1 + LONGEST)
      }
      for (let at = 0; at < window.localStorage.length && at < MOST; at++) {
        const name = window.localStorage.key(at)
        storage[name.slice(0, MOST)] = String(window.localStorage.getItem(name)).slice(0, LONGEST)
      }
    } catch {
      // a sandboxed page may not read them
    }
    return stringify({ cookies, storage })
  }
  const tell = () => {
    const state = read()
    if (state === last || failures > 2) return
    last = state
    const body = `{"key":"${key}","state":${state}}`
    send(endpoint, { method: 'POST', body, keepalive: body.length < 60000, credentials: 'omit', headers: { 'content-type': 'text/plain' } })
      .then((response) => { failures = response.ok ? 0 : failures + 1 })
      .catch(() => { failures += 1 })
  }
  window.setInterval(tell, 250)
  window.addEventListener('pagehide', tell)
  document.addEventListener('DOMContentLoaded', tell)
})()
