/**
 * Where the service answers. `make run` serves here, and the developer tools reach it as they are (不校验合法域名);
 * what is published names the service's own https address, which must also stand among the domains for requests,
 * uploads and downloads (公众平台 → 开发管理 → 服务器域名).
 */
const BASE_URL = 'http://127.0.0.1:8080'

module.exports = { BASE_URL }
