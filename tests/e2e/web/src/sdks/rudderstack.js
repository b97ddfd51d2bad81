import { RudderAnalytics } from '@rudderstack/analytics-js/bundled'
import { asks, beside } from '../beside.js'

// the SDK stamps its messages where it is told of consent, and only then
const consentManagement = { enabled: asks, provider: 'custom', allowedConsentIds: ['analytics', 'marketing'], deniedConsentIds: [] }

const rudder = new RudderAnalytics()
beside({
  start() {
    rudder.load('WK_RUDDER', 'https://shop.dataplane.rudderstack.com', { sendAdblockPage: false, consentManagement })
    rudder.page('Shop')
  },
  order: () => rudder.track('Order Completed', { total: 42 }),
})
