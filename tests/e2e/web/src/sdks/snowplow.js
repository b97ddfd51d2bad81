import { beside } from '../beside.js'
import { snowplow } from '../snowplow.js'

beside(snowplow)
