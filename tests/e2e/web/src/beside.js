// Another vendor's SDK beside Segment, which is gated by its own wrapper. The page's script tag says whether the vendor waits for
// consent to analytics as well, or asks nobody.
import { answered, banner, categories } from './cookieconsent.js'
import { instrument, wrapped } from './segment.js'

export const asks = document.currentScript.dataset.behaviour === 'gates'

export function beside({ start, order }) {
  let started = false
  const consider = () => {
    if (started || (asks && !(answered() && categories().analytics))) return
    started = true
    start()
  }
  banner({ onFirstConsent: consider })
  instrument(wrapped())
  consider()
  document.querySelector('#buy').addEventListener('click', () => started && order())
}
