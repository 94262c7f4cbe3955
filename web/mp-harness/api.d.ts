// The API's shapes under the names that the mini-program's comments use: it has no TypeScript of its own.
import type { components } from '../src/shared/openapi'

type Shapes = components['schemas']

declare global {
  type Me = Shapes['MeOut']
  type Own = Shapes['OwnOut']
  type Host = Shapes['HostOut'] | Shapes['HostNameOut']
  type Choice = Shapes['AreaOut'] | Shapes['ReasonOut']
  type Booking = Shapes['BookVisitIn']
  type Joining = Shapes['AcceptIn']
  type Registering = Shapes['RegisterIn']
  type Visit = Shapes['VisitOut']
  type Invitation = Shapes['InvitationOut']
  type Invited = Shapes['InvitedOut']
  type Accepted = Shapes['AcceptedOut']
  type Pass = Shapes['PassOut']
  type Subscription = Shapes['SubscriptionOut']
  interface Page<T> { items: T[]; next?: string | null }
}
