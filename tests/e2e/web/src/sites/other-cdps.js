// Segment obeys; RudderStack and Snowplow, which were there before it, ask nobody.
import { beside } from '../beside.js'
import { rudderstack } from '../rudderstack.js'
import { snowplow } from '../snowplow.js'

const rudder = rudderstack(false)
beside({
  start: () => [rudder, snowplow].forEach((cdp) => cdp.start()),
  order: () => [rudder, snowplow].forEach((cdp) => cdp.order()),
})
