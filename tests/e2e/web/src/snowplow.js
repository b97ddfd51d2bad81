// Snowplow as sites load it from its package.
import { newTracker, trackPageView, trackStructEvent } from '@snowplow/browser-tracker'

export const snowplow = {
  start() {
    newTracker('sp', 'https://com-shop-prod1.collector.snplow.net', { appId: 'shop', bufferSize: 1 })
    trackPageView()
  },
  order: () => trackStructEvent({ category: 'shop', action: 'Order Completed', value: 42 }),
}
