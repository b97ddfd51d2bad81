import mixpanel from 'mixpanel-browser'
import { beside } from '../beside.js'

beside({
  start: () => mixpanel.init('0123456789abcdef0123456789abcdef', { track_pageview: true, batch_requests: false, persistence: 'cookie' }),
  order: () => mixpanel.track('Order Completed', { total: 42 }),
})
