// What did not load, in words, and the way to try again.
Component({
  properties: { words: { type: String, value: '' } },
  data: { retry: require('../../texts').texts.common.retry },
  methods: {
    retry() {
      this.triggerEvent('retry')
    },
  },
})
