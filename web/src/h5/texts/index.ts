// The words of the language that this phone prefers; both have the same keys, which the compiler holds.
import { Problem } from '../../shared/api'
import { language } from '../preferences'
import { en } from './en'
import { zh } from './zh'

export type Texts = typeof zh

export const texts: Texts = language === 'en' ? en : zh

/** A sentence of the service's own, or whatever somebody typed as it is. */
export const say = (words: string) => texts.staff.said[words] ?? words

// What the server refuses it says in this language itself.
Object.assign(Problem.words, texts.failures)
