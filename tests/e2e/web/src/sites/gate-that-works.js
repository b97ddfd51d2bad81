// Segment's consent wrapper in opt-in mode: nothing is loaded before the choice, and everything is stamped.
import { banner } from '../cookieconsent.js'
import { instrument, wrapped } from '../segment.js'

banner()
instrument(wrapped())
