// analytics.js in batching mode, gated and stamped.
import { AnalyticsBrowser } from '@segment/analytics-next'
import { createWrapper, resolveWhen } from '@segment/analytics-consent-tools'
import { answered, banner, categories } from '../cookieconsent.js'
import { instrument } from '../segment.js'

banner()
const withConsent = createWrapper({
  shouldLoadSegment: async (ctx) => {
    await resolveWhen(answered, 50)
    return ctx.load({ consentModel: 'opt-out' })
  },
  getCategories: categories,
  registerOnConsentChanged: (set) => window.addEventListener('cc:onChange', () => set(categories())),
})
const analytics = new AnalyticsBrowser()
withConsent(analytics).load(
  { writeKey: 'WK_WRAPPED' },
  { integrations: { 'Segment.io': { deliveryStrategy: { strategy: 'batching', config: { size: 3, timeout: 1000 } } } } }
)
instrument(analytics)
