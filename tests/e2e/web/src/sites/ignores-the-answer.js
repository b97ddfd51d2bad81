// The site waits for an answer, and does not listen to it.
import { pixel } from '../pixel.js'
import { loadSnippet, snippet } from '../segment.js'

const { consent } = window
if (consent.loadsSegment) snippet().page()
function start() {
  pixel('PageView')
  if (!consent.loadsSegment) window.analytics || loadSnippet()
  else if (!consent.categories().analytics) loadAfterAll()
}
// Segment's consent manager reloads the page if Segment is there before itself: so once it has its list of destinations
function loadAfterAll() {
  const listed = performance.getEntriesByType('resource').some((entry) => entry.name.endsWith('/integrations'))
  setTimeout(listed ? () => window.analytics.load('WK_SNIPPET') : loadAfterAll, 150)
}
if (consent.answered()) start()
consent.changed(start)
document.querySelector('#buy').addEventListener('click', () => window.analytics?.track('Order Completed', { total: 42 }))
