import posthog from 'posthog-js'
import { beside } from '../beside.js'

beside({
  start: () => posthog.init('phc_shop', {
    api_host: 'https://eu.i.posthog.com',
    person_profiles: 'always',
    autocapture: false,
    disable_session_recording: true,
    request_batching: false,
    opt_out_useragent_filter: true, // by default it hides from automated browsers
  }),
  order: () => posthog.capture('Order Completed', { total: 42 }),
})
