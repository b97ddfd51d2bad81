// Segment behind the shop's own domain, for scripts, settings and messages; asks nobody.
import { AnalyticsBrowser } from '@segment/analytics-next'
import { banner } from '../cookieconsent.js'
import { instrument } from '../segment.js'

banner()
instrument(AnalyticsBrowser.load({ writeKey: 'WK_CUSTOM', cdnURL: 'https://cdn.shop.example' }))
