// A marketing pixel as sites have it.
export function pixel(event) {
  const image = new Image()
  image.src = `https://www.facebook.com/tr/?id=1234567890&ev=${event}&dl=${encodeURIComponent(location.href)}`
}
