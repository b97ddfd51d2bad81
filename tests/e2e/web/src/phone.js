// Node's fetch as a phone behind a proxy: through it, trusting its certificate, under the app's own user agent.
import { fetch as undiciFetch, ProxyAgent } from 'undici'

const dispatcher = new ProxyAgent({ uri: process.env.PROXY, requestTls: { rejectUnauthorized: false } })
globalThis.fetch = (url, options = {}) =>
  undiciFetch(url, {
    ...options,
    dispatcher,
    headers: { ...options.headers, 'user-agent': 'Shop/420 CFNetwork/3826.500 Darwin/25.1.0' },
  })
globalThis.__DEV__ = false
