// A small consent manager of the TCF: its interface and its strings are the IAB Tech Lab's own libraries.
import { CmpApi } from '@iabtechlabtcf/cmpapi'
import { GVL, TCModel, TCString } from '@iabtechlabtcf/core'

const PURPOSES = { analytics: [1, 8, 9, 10], marketing: [1, 2, 3, 4, 7] }
const numbers = Array.from({ length: 11 }, (_, index) => index + 1)
const list = new GVL({
  gvlSpecificationVersion: 3,
  vendorListVersion: 100,
  tcfPolicyVersion: 5,
  lastUpdated: '2026-05-01T00:00:00Z',
  purposes: Object.fromEntries(numbers.map((id) => [id, { id, name: `Purpose ${id}`, description: '', illustrations: [] }])),
  specialPurposes: {},
  features: {},
  specialFeatures: {},
  dataCategories: {},
  stacks: {},
  vendors: {
    10: {
      id: 10, name: 'Vendor', purposes: numbers, legIntPurposes: [], flexiblePurposes: [], specialPurposes: [], features: [],
      specialFeatures: [], policyUrl: 'https://vendor.example', dataDeclaration: [],
    },
  },
})
const api = new CmpApi(300, 1, true)
const stored = () => document.cookie.match(/euconsent-v2=([^;]+)/)?.[1]
const granted = () => [...(stored() ? TCString.decode(stored()).purposeConsents : [])].filter(([, given]) => given).map(([id]) => id)
const may = (category) => PURPOSES[category].every((id) => granted().includes(id))
const listeners = []

function answer(categories) {
  const model = new TCModel(list)
  model.cmpId = 300
  model.cmpVersion = 1
  model.consentScreen = 1
  model.isServiceSpecific = true
  model.purposeConsents.set(categories.flatMap((category) => PURPOSES[category]))
  if (categories.length === 2) model.purposeConsents.set(numbers)
  if (categories.length) model.vendorConsents.set(10)
  model.vendorsDisclosed.set(10)
  const string = TCString.encode(model)
  document.cookie = `euconsent-v2=${string}; path=/; max-age=31536000; secure; samesite=lax`
  api.update(string, false)
  document.querySelector('#tcf')?.remove()
  listeners.forEach((listener) => listener())
}

function ask() {
  api.update(stored() ?? '', true)
  const banner = document.createElement('div')
  banner.id = 'tcf'
  const choices = { 'Accept all': ['analytics', 'marketing'], 'Reject all': [], 'Analytics only': ['analytics'] }
  for (const [label, categories] of Object.entries(choices)) {
    const button = document.createElement('button')
    button.textContent = label
    button.addEventListener('click', () => answer(categories))
    banner.append(button)
  }
  document.body.append(banner)
}

window.askAgain = ask
window.consent = {
  answered: () => stored() !== undefined,
  categories: () => ({ analytics: may('analytics'), marketing: may('marketing') }),
  changed: (listener) => listeners.push(listener),
}
window.addEventListener('DOMContentLoaded', () => (stored() ? api.update(stored(), false) : ask()))
