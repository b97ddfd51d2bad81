// Segment's snippet stands in the page and asks nobody.
import { banner } from '../cookieconsent.js'
import { loadSnippet } from '../segment.js'

loadSnippet()
banner()
document.querySelector('#buy').addEventListener('click', () => window.analytics.track('Order Completed', { total: 42 }))
