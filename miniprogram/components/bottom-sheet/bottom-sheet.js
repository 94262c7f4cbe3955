Component({
  properties: { title: { type: String, value: '' } },
  data: { close: require('../../texts').texts.common.close },
  methods: {
    close() {
      this.triggerEvent('close')
    },
  },
})
