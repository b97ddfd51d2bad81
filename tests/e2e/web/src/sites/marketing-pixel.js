// Segment obeys; a pixel that somebody pasted into the page does not.
import { answered, banner } from '../cookieconsent.js'
import { instrument, wrapped } from '../segment.js'

banner({ onFirstConsent: () => pixel('Lead') })
instrument(wrapped())

function pixel(event) {
  const image = new Image()
  image.src = `https://www.facebook.com/tr/?id=1234567890&ev=${event}&dl=${encodeURIComponent(location.href)}`
}
if (answered()) pixel('PageView')
