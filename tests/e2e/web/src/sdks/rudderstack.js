import { asks, beside } from '../beside.js'
import { rudderstack } from '../rudderstack.js'

beside(rudderstack(asks))
