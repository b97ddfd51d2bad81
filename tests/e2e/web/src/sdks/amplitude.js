import * as amplitude from '@amplitude/analytics-browser'
import { beside } from '../beside.js'

beside({
  start: () => amplitude.init('0123456789abcdef0123456789abcdef', {
    autocapture: { pageViews: true, sessions: false, attribution: false },
    fetchRemoteConfig: false,
    flushIntervalMillis: 50,
    flushQueueSize: 1,
  }),
  order: () => amplitude.track('Order Completed', { total: 42 }),
})
