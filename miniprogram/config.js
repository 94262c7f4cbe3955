/**
 * Where the service answers. `make run` serves here, and the developer tools reach it as they are (不校验合法域名);
 * what is published names the service's own https address, which must also stand among the domains for requests,
 * uploads and downloads (公众平台 → 开发管理 → 服务器域名). There too, under 设置 → 服务内容声明 → 用户隐私保护指引, stands
 * what WeChat lets a page touch only once it is declared: 手机号 (the button), 选中的照片或视频信息 (证件照, 人脸照),
 * 相册（仅写入） (the picture of an invitation), 剪切板 (one's own data); and 姓名, 证件号, 车牌号, which people type.
 */
const BASE_URL = 'http://127.0.0.1:8080'

module.exports = { BASE_URL }
