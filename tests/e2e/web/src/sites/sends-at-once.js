// Segment's snippet and a pixel stand in the page and ask nobody.
import { pixel } from '../pixel.js'
import { loadSnippet, snippet } from '../segment.js'

const { consent } = window
if (consent.loadsSegment && consent.answered()) snippet().page() // otherwise it would reload the page again and again
else loadSnippet()
pixel('PageView')
document.querySelector('#buy').addEventListener('click', () => window.analytics.track('Order Completed', { total: 42 }))
