// Other people's callbacks, in one process each, with the answer that ours gives to a menu tap:
//   npm install && node serve.cjs wechat 9001 & node serve.cjs co-wechat 9002 &
//   cargo bench --bench callback -- 127.0.0.1:9001 127.0.0.1:9002
// The secrets are the sandbox's of ../../wechat.toml.
'use strict';
const http = require('node:http');
const querystring = require('node:querystring');

const [, , name, port] = process.argv;
const config = (() => {
  const toml = require('node:fs').readFileSync(`${__dirname}/../../wechat.toml`, 'utf8');
  const account = toml.slice(toml.indexOf('[official_account]'));
  const of = (key) => new RegExp(`^${key} = "(.*)"`, 'm').exec(account)[1];
  return { token: of('token'), appid: of('app_id'), encodingAESKey: of('encoding_aes_key') };
})();
const link = (text, path) => `<a href="http://127.0.0.1:8080${path}">${text}</a>`;
const answer = [
  '重工校园通',
  link('访客预约', '/h5/book'),
  link('丁香水榭小区访客登记', '/h5/register'),
  link('我的预约', '/h5/book?tab=records'),
].join('\n');

const peers = {
  wechat() {
    const handle = require('wechat')(config, (request, response) => response.reply(answer));
    return (request, response) => {
      request.query = querystring.parse(request.url.slice(request.url.indexOf('?') + 1));
      // Node writes the head with the body then, and its length with it.
      const writeHead = response.writeHead;
      response.writeHead = (status) => Object.assign(response, { writeHead, statusCode: status });
      handle(request, response, () => response.end());
    };
  },
  'co-wechat'() {
    const app = new (require('koa'))();
    app.use(require('co-wechat')(config).middleware(async () => answer));
    return app.callback();
  },
};
http.createServer(peers[name]()).listen(Number(port), '127.0.0.1');
