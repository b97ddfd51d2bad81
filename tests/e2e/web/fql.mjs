// Runs Segment's own evaluators over conditions and messages: one JSON document in, one list of answers out.
import { createRequire } from 'node:module'
import { readFileSync } from 'node:fs'

const require = createRequire(import.meta.url)
const { matches } = require('@segment/tsub')
const { parseFql, validate } = require('@segment/destination-subscriptions')

const answer = ({ compiled, subscribed, message }) => {
  try {
    return compiled !== undefined
      ? matches(message, { type: 'fql', ir: compiled })
      : validate(parseFql(subscribed), message)
  } catch {
    return null
  }
}
console.log(JSON.stringify(JSON.parse(readFileSync(0, 'utf8')).map(answer)))
