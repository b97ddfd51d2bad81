// Segment as sites load it.
import { AnalyticsBrowser } from '@segment/analytics-next'
import { createWrapper, resolveWhen } from '@segment/analytics-consent-tools'
import { answered, categories } from './cookieconsent.js'

// the snippet from Segment's own package, inline as sites have it: it fetches analytics.js from the CDN
export function loadSnippet() {
  const script = document.createElement('script')
  script.text = SNIPPET // put in by the build
  document.head.append(script)
}

// the same, for whoever loads it later
export function snippet() {
  const script = document.createElement('script')
  script.text = SNIPPET_WITHOUT_LOAD // put in by the build
  document.head.append(script)
  return window.analytics
}

// Segment's consent wrapper, opt-in; unless told otherwise over vanilla-cookieconsent
export function wrapped(getCategories = categories, isAnswered = answered, onChange = onChangeOfCookieConsent) {
  const withConsent = createWrapper({
    shouldLoadSegment: async (ctx) => {
      await resolveWhen(isAnswered, 50)
      if (!Object.values(getCategories()).some(Boolean)) return ctx.abort({ loadSegmentNormally: false })
      return ctx.load({ consentModel: 'opt-in' })
    },
    getCategories,
    registerOnConsentChanged: (set) => onChange(() => set(getCategories())),
  })
  const analytics = new AnalyticsBrowser()
  withConsent(analytics).load({ writeKey: 'WK_WRAPPED' })
  return analytics
}

const onChangeOfCookieConsent = (listener) => window.addEventListener('cc:onChange', listener)

// what a page does once it has analytics; buttons let the tests act at a moment of their choice
export function instrument(analytics) {
  window.analytics = analytics
  analytics.page('Shop', { path: location.pathname })
  document.querySelector('#buy').addEventListener('click', () => {
    analytics.track('Order Completed', { total: 42, currency: 'EUR' })
  })
}
