// The wrapper is asked for the categories, and somebody hard-wired the answer.
import { banner } from '../cookieconsent.js'
import { instrument, wrapped } from '../segment.js'

banner()
instrument(wrapped(() => ({ analytics: true, marketing: true })))
