// Whoever asks (window.consent), nothing starts before it is allowed, and a withdrawal is obeyed.
import { pixel } from '../pixel.js'
import { instrument, snippet, wrapped } from '../segment.js'

const { consent } = window
const analytics = consent.loadsSegment ? snippet() : wrapped(consent.categories, consent.answered, consent.changed)
instrument(analytics)

let fired = false
let before = consent.categories()
function obey() {
  const now = consent.categories()
  if (now.marketing && !fired) {
    fired = true
    pixel('PageView')
  }
  const withdrawn = Object.keys(now).some((category) => before[category] && !now[category])
  before = now
  if (withdrawn && consent.loadsSegment) forget() // it reloads the page itself, at once
  else if (withdrawn) setTimeout(() => { forget(); location.reload() }, 300) // what tells Segment of it is on its way
}
function forget() {
  const site = location.hostname.split('.').slice(-2).join('.')
  for (const name of ['ajs_anonymous_id', 'ajs_user_id']) document.cookie = `${name}=; path=/; domain=${site}; max-age=0`
}
obey()
consent.changed(obey)
