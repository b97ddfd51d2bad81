// The site waits for an answer, and does not listen to it.
import { pixel } from '../pixel.js'
import { loadSnippet, snippet } from '../segment.js'

const { consent } = window
if (consent.loadsSegment) snippet().page()
function start() {
  if (!consent.loadsSegment) window.analytics || loadSnippet()
  else if (!window.analytics.initialized && !('_loadOptions' in window.analytics)) window.analytics.load('WK_SNIPPET')
  pixel('PageView')
}
if (consent.answered()) start()
consent.changed(() => setTimeout(start)) // a consent manager that loads Segment does so after it has told of the choice
document.querySelector('#buy').addEventListener('click', () => window.analytics?.track('Order Completed', { total: 42 }))
