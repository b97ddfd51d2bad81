// RudderStack as sites load it from its package.
import { RudderAnalytics } from '@rudderstack/analytics-js/bundled'

// the SDK stamps its messages where it is told of consent, and only then
export function rudderstack(stamps) {
  const consentManagement = { enabled: stamps, provider: 'custom', allowedConsentIds: ['analytics', 'marketing'], deniedConsentIds: [] }
  const rudder = new RudderAnalytics()
  return {
    start() {
      rudder.load('WK_RUDDER', 'https://shop.dataplane.rudderstack.com', { sendAdblockPage: false, consentManagement })
      rudder.page('Shop')
    },
    order: () => rudder.track('Order Completed', { total: 42 }),
  }
}
