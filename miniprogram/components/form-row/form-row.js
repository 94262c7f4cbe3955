// One row of a form: label left, and what is wrong said under the field.
Component({
  properties: {
    label: { type: String, value: '' },
    required: { type: Boolean, value: false },
    hint: { type: String, value: '' },
    error: null,
  },
})
