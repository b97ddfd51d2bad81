// Segment's snippet and a pixel stand in the page and ask nobody.
import { pixel } from '../pixel.js'
import { loadSnippet } from '../segment.js'

loadSnippet()
pixel('PageView')
document.querySelector('#buy').addEventListener('click', () => window.analytics.track('Order Completed', { total: 42 }))
