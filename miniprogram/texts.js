// Every word of the mini-program, the Chinese and beside it the English. Chinese terms are the handbook's and stay as
// they are; what the phone's pages say too is said in the same words, which a test compares (web/src/h5/texts). `own`
// is what only a mini-program says.

/** WeChat's own language, `zh_CN` or `en` …; its base library has getAppBaseInfo since 2.20.1. */
const { language } = wx.getAppBaseInfo ? wx.getAppBaseInfo() : wx.getSystemInfoSync()
/** Whoever reads neither language reads the English rather. */
const english = Boolean(language) && !language.startsWith('zh')

/** @template T @param {T} zh @param {T} en @returns {T} */
const both = (zh, en) => (english ? en : zh)

/** @param {number} count @param {string} thing */
const things = (count, thing) => `${count} ${thing}${count === 1 ? '' : 's'}`

const texts = {
  titles: {
    book: both('智慧访客', 'Campus visits'),
    visit: both('预约详情', 'Visit'),
    edit: both('修改预约', 'Correct the visit'),
    register: both('丁香水榭小区访客登记', 'Dingxiang Shuixie visitors'),
    pass: both('通行凭证', 'Pass'),
    invite: both('访客邀约', 'Invitations'),
    invited: both('访客邀请', 'You are invited'),
  },
  common: {
    confirm: both('确定', 'OK'),
    cancel: both('取消', 'Cancel'),
    close: both('关闭', 'Close'),
    retry: both('重试', 'Try again'),
    loading: both('加载中…', 'Loading…'),
    end: both('没有更多了', 'That is all'),
    choose: both('请选择', 'Choose'),
    logOut: both('退出登录', 'Log out'),
    /** @param {string} name @param {string} value */
    pair: (name, value) => both(`${name}：${value}`, `${name}: ${value}`),
    /** @param {number} days */
    days: (days) => both(`${days}天`, things(days, 'day')),
    to: both('至', 'to'),
    /** @param {string} words */
    inBrackets: (words) => both(`（${words}）`, `(${words})`),
  },
  /** @type {Record<string, string>} */
  stages: {
    inviting: both('邀请中', 'Inviting'),
    pending: both('审批中', 'In approval'),
    approved: both('已通过', 'Approved'),
    rejected: both('已拒绝', 'Rejected'),
    returned: both('已退回', 'Returned'),
    withdrawn: both('已撤销', 'Withdrawn'),
    lapsed: both('已失效', 'Lapsed'),
    completed: both('已完成', 'Completed'),
  },
  book: {
    tabs: { form: both('发起预约', 'Book'), records: both('预约记录', 'My visits') },
    visitSection: both('到访信息', 'The visit'),
    personSection: both('基本信息', 'The visitor'),
    filingSection: both('备案信息', 'Car and belongings'),
    host: both('被访人员', 'Host'),
    area: both('到访区域', 'Area'),
    reason: both('来访事由', 'Reason'),
    starts: both('开始时间', 'Start'),
    ends: both('结束时间', 'End'),
    days: both('时长', 'Duration'),
    name: both('姓名', 'Name'),
    phone: both('手机号', 'Phone'),
    idNumber: both('证件号', 'ID number'),
    idPhoto: both('证件照', 'ID photo'),
    facePhoto: both('人脸照', 'Face photo'),
    plate: both('车牌号', 'Car plate'),
    items: both('携带物品', 'Belongings'),
    idPhotoHint: both('请上传与证件号对应的证件照', 'A photo of the document with this ID number'),
    facePhotoHint: both('请上传清晰的个人照片，以便入园通行', 'A clear photo of yourself, for the gates'),
    noFace: both(
      '如不上传人脸照，则无法使用人脸道闸通行，可出示二维码通行。',
      'Without a face photo the face gates do not open; show the QR code instead.',
    ),
    consent: both(
      '我同意采集人脸照，用于本次到访的门禁核验',
      'I agree that my face photo is used to check me at the gates during this visit',
    ),
    submit: both('发起单人预约', 'Book for myself'),
    companions: both('邀请多人随行', 'Bring companions'),
    submitAgain: both('重新提交', 'Submit again'),
    submitted: both('已提交，请等待审批', 'Submitted, please wait for approval'),
    noRecords: both('暂无预约记录', 'No visits yet'),
    incomplete: both('请检查标出的内容', 'Please check what is marked'),
    reenter: both(
      '为保护隐私，证件号和照片不回显，请重新填写和上传。',
      'For your privacy the ID number and the photos are not shown again. Please enter them once more.',
    ),
    returned: both('退回原因', 'Returned because'),
    placeholders: {
      name: both('请输入姓名', 'Full name'),
      phone: both('请输入手机号', 'Mobile number'),
      idNumber: both('请输入证件号', 'ID or passport number'),
      items: both('请输入携带物品（选填）', 'Optional'),
      plate: both('选填', 'Optional'),
    },
    wrong: {
      host: both('请选择被访人员', 'Please choose your host'),
      area: both('请选择到访区域', 'Please choose an area'),
      reason: both('请选择来访事由', 'Please choose a reason'),
      ends: both('结束时间须晚于开始时间', 'The end must be after the start'),
      past: both('结束时间已过，请重新选择', 'The end has passed, please choose again'),
      name: both('请输入姓名', 'Please enter a name'),
      phone: both('请输入正确的11位手机号', 'Please enter a mobile number of 11 digits'),
      idNumberMissing: both('请输入证件号', 'Please enter an ID number'),
      idNumber: both('证件号有误，请核对', 'The ID number is wrong, please check it'),
      idPhoto: both('请上传证件照', 'Please upload the ID photo'),
      resident: both('请输入住户姓名', 'Please enter the resident’s name'),
      house: both('请输入门牌号，例如 3栋2单元501', 'Please enter the house number, such as 3-2-501'),
      days: both('结束日期不能早于开始日期', 'The last day cannot be before the first'),
      uploading: both('照片尚未上传完成', 'The photo is still on its way'),
      plate: both('车牌号不完整', 'The plate is not complete'),
    },
  },
  hosts: {
    title: both('选择被访人员', 'Choose a host'),
    name: both('被访人员姓名', 'Name of the host'),
    placeholder: both('请输入完整姓名', 'The full name'),
    search: both('查询', 'Search'),
    none: both(
      '没有找到，请核对姓名，须与单位登记的姓名完全一致。',
      'Nobody was found. The name must be exactly the one that the college knows.',
    ),
  },
  plates: {
    title: both('车牌号键盘', 'Keys of a plate'),
    energy: both('新能源', 'New energy'),
    delete: both('删除', 'Delete'),
    clear: both('清空', 'Clear'),
    done: both('完成', 'Done'),
  },
  photos: {
    camera: both('拍照', 'Camera'),
    album: both('相册', 'Album'),
    remove: both('删除', 'Remove'),
    done: both('已上传', 'Uploaded'),
    sending: both('正在上传', 'Uploading'),
  },
  visit: {
    id: both('单据号', 'Number'),
    stage: both('状态', 'Status'),
    /** @param {number} joined @param {number} capacity */
    joined: (joined, capacity) => both(`受邀人员 (${joined}/${capacity})`, `Invited (${joined}/${capacity})`),
    submitted: both('申请时间', 'Applied at'),
    host: both('被访人员', 'Host'),
    department: both('被访人部门', 'Department'),
    note: both('来访描述', 'Description'),
    comment: both('审批意见', 'Comment'),
    visitors: both('访客信息', 'Visitors'),
    hasFace: both('已上传', 'Uploaded'),
    noFace: both('未上传', 'None'),
    pass: both('查看通行凭证', 'Show the pass'),
    edit: both('修改后重新提交', 'Correct and submit again'),
    again: both('再次预约', 'Book again'),
    registerAgain: both('再次登记', 'Register again'),
    next: {
      rejected: both(
        '该申请未获批准。请先与被访人沟通，再次预约时请说明情况。',
        'This application was rejected. Please talk to your host before you book again.',
      ),
      returned: both(
        '该申请被退回。请按审批意见修改后重新提交，无需另行预约。',
        'This application was returned. Correct it as the comment says and submit it again; there is no need to book anew.',
      ),
      lapsed: both(
        '到访时间或邀请时间已过，该申请已失效。如仍需来访，请再次预约。',
        'The time of the visit or of the invitation has passed. If you still want to come, book again.',
      ),
      withdrawn: both(
        '该申请已撤销，通行凭证不再有效。如仍需来访，请再次预约。',
        'This application was withdrawn and its passes open nothing. If you still want to come, book again.',
      ),
    },
    withdraw: both('撤销', 'Withdraw'),
    withdrawAsk: both(
      '确定撤销这条预约吗？撤销后通行凭证随之失效。',
      'Withdraw this visit? Its passes will open nothing any more.',
    ),
    withdrawn: both('已撤销', 'Withdrawn'),
  },
  invite: {
    capacity: both('邀请随行人数', 'People'),
    minutes: both('邀请有效时长', 'Valid for'),
    minutesHint: both('单位：分钟', 'In minutes'),
    withMe: both('含您本人', 'Yourself included'),
    make: both('生成邀请链接', 'Make the link'),
    made: both('已生成邀请链接', 'The invitation is ready'),
  },
  board: {
    lapses: both('距离失效', 'Runs out in'),
    /** @param {number} days */
    days: (days) => both(`${days}天 `, `${things(days, 'day')} `),
    nobody: both('暂无人员信息', 'Nobody yet'),
    inviting: both('邀请中', 'Inviting'),
    joined: both('已接受', 'Accepted'),
    rule: both(
      '邀请时间失效或随行人员已满则自动提交，待审批后生效',
      'It is submitted when its time runs out or all places are taken, and takes effect after approval.',
    ),
    share: both('分享二维码', 'Share the QR code'),
    picture: both('邀请二维码', 'QR code of the invitation'),
    pictureAdvice: both(
      '长按图片保存或发送，对方微信扫码即可填写。',
      'Press long to save or send it; your guests scan it with WeChat.',
    ),
    save: both('保存图片', 'Save the picture'),
    close: both('关闭一个名额', 'Close a place'),
    closeAsk: both(
      '确定关闭一个空名额吗？其余名额已满时将自动提交。',
      'Close an empty place? When all others are taken, it is submitted.',
    ),
    /** @param {string} name */
    closeFor: (name) => both(`关闭${name}的名额`, `Close the place of ${name}`),
    /** @param {string} name */
    closeNamedAsk: (name) =>
      both(
        `确定关闭留给${name}的名额吗？其余名额已满时将自动提交。`,
        `Close the place that is kept for ${name}? When all others are taken, it is submitted.`,
      ),
    closed: both('已关闭一个名额', 'A place is closed'),
    extend: both('延长', 'Extend'),
    extendBy: both('延长时长', 'Extend by'),
    extended: both('已延长', 'Extended'),
    submit: both('提前提交', 'Submit now'),
    submitAsk: both('确定现在提交吗？提交后不能再有人加入。', 'Submit now? Nobody can join afterwards.'),
    submitted: both('已提交，请等待审批', 'Submitted, please wait for approval'),
    withdrawAsk: both('确定撤销邀请吗？撤销后邀请链接随之失效。', 'Withdraw the invitation? Its link will lead nowhere.'),
  },
  invited: {
    section: both('邀请信息', 'The invitation'),
    initiator: both('发起人', 'From'),
    time: both('到访时间', 'Time'),
    joined: both('受邀人员', 'Invited'),
    accept: both('接受邀请', 'Accept'),
    accepted: both('已接受邀请', 'You have accepted'),
    waiting: both(
      '邀请时间失效或随行人员已满则自动提交，待审批后生效。',
      'It is submitted when its time runs out or all places are taken, and takes effect after approval.',
    ),
    pending: both(
      '已提交，请等待审批。通过后将以短信发送通行凭证。',
      'Submitted, please wait for approval. The pass will come by SMS.',
    ),
    another: both('再填一位', 'Add another person'),
    mine: both('我的预约', 'My visits'),
    stage: both('当前状态', 'Status'),
    endings: {
      full: {
        title: both('名额已满', 'All places are taken'),
        advice: both('不能再加入，如有疑问请联系发起人。', 'Nobody can join any more. Please ask whoever invited you.'),
      },
      lapsed: {
        title: both('已失效', 'It has run out'),
        advice: both(
          '邀请时间已过，请联系发起人重新邀请。',
          'The time of the invitation has passed. Please ask to be invited again.',
        ),
      },
      submitted: {
        title: both('已提交', 'It was submitted'),
        advice: both('发起人已提前提交，不能再加入。', 'It was submitted early; nobody can join any more.'),
      },
      withdrawn: {
        title: both('已撤销', 'It was withdrawn'),
        advice: both(
          '发起人已撤销该邀请，不能再加入。',
          'Whoever invited you has withdrawn it; nobody can join any more.',
        ),
      },
    },
    unknown: both('邀请无效', 'This invitation is not valid'),
    unknownAdvice: both(
      '请核对链接是否完整，或联系发起人。',
      'Please check that the link is complete, or ask whoever invited you.',
    ),
  },
  me: {
    withdrawFace: both('撤回同意并删除人脸照', 'Take back my consent and delete the face photo'),
    withdrawFaceAsk: both(
      '撤回后人脸照立即停用并删除，不能再刷脸通行，可出示二维码通行。确定撤回吗？',
      'The face photo stops working at once and is deleted. The face gates do not open any more; show the QR code instead. Take it back?',
    ),
    removed: both('已删除', 'Deleted'),
    consents: both('同意记录', 'Consents'),
    purpose: both('用途', 'Purpose'),
    consent: both('人脸照用于门禁核验', 'Face photo for checks at the gates'),
    consentGiven: both('同意时间', 'Given at'),
    consentEnded: both('撤回时间', 'Taken back at'),
    everywhere: both('退出所有设备', 'Log out everywhere'),
    everywhereAsk: both('确定让您在所有手机和电脑上的登录都退出吗？', 'End your logins on every phone and computer?'),
  },
  register: {
    tabs: { form: both('访客登记', 'Register'), records: both('登记记录', 'My registrations') },
    residentSection: both('被访住户信息', 'The resident'),
    visitSection: both('来访信息', 'The visit'),
    residentName: both('住户姓名', 'Resident'),
    phone: both('手机号码', 'Phone'),
    house: both('门牌号', 'House number'),
    name: both('访客姓名', 'Visitor'),
    faceHint: both(
      '请上传清晰的个人照片，若未上传人脸照，可通过出示短信链接中的二维码通行。',
      'A clear photo of yourself. Without one, show the QR code behind the link in the SMS.',
    ),
    submit: both('提交', 'Submit'),
    submitted: both('已提交', 'Submitted'),
    submittedAdvice: both(
      '通过后，通行凭证将以短信发送至访客手机。',
      'When it is approved, the pass comes to the visitor’s phone by SMS.',
    ),
    noRecords: both('暂无登记记录', 'No registrations yet'),
    visit: both('登记详情', 'Registration'),
    edit: both('修改登记', 'Correct the registration'),
    reenter: both(
      '为保护隐私，手机号码和照片不回显，请重新填写和上传。',
      'For your privacy phone numbers and photos are not shown again. Please enter them once more.',
    ),
    placeholders: {
      residentName: both('请输入住户姓名', 'Name of the resident'),
      house: both('例如 3栋2单元501', 'Such as 3-2-501'),
    },
  },
  pass: {
    states: {
      valid: both('可通行', 'You may pass'),
      not_yet: both('未到预约时间', 'Not yet'),
      expired: both('已过期', 'Expired'),
      used_up: both('次数已用完', 'Used up'),
      withdrawn: both('已失效', 'Not valid any more'),
      rejected: both('已失效', 'Not valid any more'),
      revoked: both('已失效', 'Not valid any more'),
    },
    advice: {
      valid: () => both('请在门禁处出示二维码。', 'Show this QR code at the gate.'),
      /** @param {string} from */
      not_yet: (from) => both(`${from} 起可入，届时出示二维码即可。`, `From ${from} on; show this QR code then.`),
      expired: () =>
        both('预约时间已过。如需再次来访，请再次预约。', 'The time of the visit has passed. To come again, book again.'),
      used_up: () =>
        both(
          '该凭证的入园次数已用完。如还有人未入园，请联系负责人。',
          'All entries of this pass are used. If somebody is still outside, ask whoever is responsible.',
        ),
      withdrawn: () =>
        both(
          '该预约已撤销，凭证随之失效。如仍需来访，请再次预约。',
          'The visit was withdrawn, and the pass with it. If you still want to come, book again.',
        ),
      rejected: () =>
        both(
          '该来访未获同意，凭证随之失效。请先与被访人确认，再次预约。',
          'The visit was refused, and the pass with it. Please ask your host before you book again.',
        ),
      revoked: () =>
        both(
          '该凭证已停用。请联系被访人或保卫处。',
          'This pass was stopped. Please ask your host or the security office.',
        ),
    },
    holder: both('访客', 'Visitor'),
    host: both('被访人', 'Host'),
    area: both('到访区域', 'Area'),
    starts: both('开始时间', 'Start'),
    ends: both('结束时间', 'End'),
    qr: both('通行二维码', 'QR code of the pass'),
    /** @param {number} seconds */
    refresh: (seconds) => both(`${seconds} 秒后自动刷新`, `Refreshes in ${things(seconds, 'second')}`),
    /** What a guard reads stays as it is. @param {string} mark */
    mark: (mark) => both(mark, `${mark} · ID check`),
    fixed: both(
      '固定码：出示时请备好证件，供门岗核验。',
      'This code does not change: have your document ready for the guard.',
    ),
    entriesLeft: both('剩余次数', 'Entries left'),
    /** @param {number} left */
    entries: (left) => both(`还可进入 ${left} 人次`, left === 1 ? '1 person' : `${left} people`),
    /** @param {string} at */
    offline: (at) =>
      both(
        `网络不可用，以下为 ${at} 的结果，仍可出示。`,
        `There is no network. This is from ${at} and may still be shown.`,
      ),
    unknown: both('凭证无效', 'This pass is not valid'),
    unknownAdvice: both(
      '请核对短信中的链接是否完整，或联系被访人。',
      'Please check that the link in the SMS is complete, or ask your host.',
    ),
  },
  left: {
    advice: both(
      '本机上的登录已结束，尚未提交的内容已清除。',
      'You are logged out here, and what you had not sent is gone from this phone.',
    ),
    again: both('重新登录', 'Log in again'),
  },
  problems: {
    offline: both('网络不可用，请检查网络后重试。', 'There is no network. Please check it and try again.'),
    failed: both(
      '服务暂时不可用，请稍后重试。',
      'The service does not answer right now. Please try again later.',
    ),
  },
  own: {
    tabs: { book: both('智慧访客', 'Visits'), register: both('丁香水榭', 'Residents'), mine: both('我的', 'Me') },
    // WeChat's dialogs take words of at most four characters.
    yes: both('确定', 'OK'),
    no: both('取消', 'Back'),
    wechatPhone: both('使用微信手机号', 'Use WeChat’s number'),
    wechatPhoneOff: both('未获得微信手机号，请手动输入', 'WeChat gave no number, please type it'),
    date: both('日期', 'date'),
    time: both('时间', 'time'),
    invite: both('邀请微信好友', 'Invite WeChat friends'),
    /** @param {string} initiator */
    shareTitle: (initiator) =>
      both(
        `${initiator}邀请您来访，请填写信息`,
        initiator ? `${initiator} invites you to visit: please fill in your details` : 'You are invited to visit: please fill in your details',
      ),
    saved: both('已保存到相册', 'Saved to the album'),
    notSaved: both('未能保存，请长按图片保存', 'Not saved: press long on the picture'),
    /** What the service says of its own in a comment is said in Chinese. @type {Record<string, string>} */
    said: {
      未获被访方确认: both('未获被访方确认', 'The resident did not confirm the visit'),
      '超过审批时限，系统自动拒绝': both('超过审批时限，系统自动拒绝', 'Rejected by rule: nobody decided in time'),
    },
    mine: {
      title: both('我的', 'My data'),
      person: both('我的信息', 'Who I am'),
      nobody: both('未填写', 'Not known'),
      photos: both('我的照片', 'My photos'),
      noPhotos: both('暂无照片', 'No photos'),
      kinds: { id_card: both('证件照', 'ID photo'), face: both('人脸照', 'Face photo') },
      given: both('上传时间', 'Uploaded at'),
      take: both('撤回', 'Take back'),
      /** @param {string} kind */
      takeOf: (kind) => both(`撤回${kind}`, `Take back the ${kind}`),
      takeAsk: both(
        '确定撤回这张照片吗？人脸照撤回后不能再用于人脸道闸。',
        'Take this photo back? Without your face photo the face gates do not open.',
      ),
      taken: both('已撤回', 'Taken back'),
      data: both('我的数据', 'My data'),
      /** @param {number} visits @param {number} messages */
      amount: (visits, messages) =>
        both(`预约和登记 ${visits} 条，通知 ${messages} 条`, `${things(visits, 'visit')}, ${things(messages, 'message')}`),
      export: both('导出我的数据', 'Export my data'),
      exported: both('数据已复制，可粘贴保存', 'Copied: paste it where you keep it'),
      logOutAsk: both(
        '确定退出登录吗？本机保存的通行凭证和未提交的内容将清除。',
        'Log out? The passes kept on this phone and what you have not sent will be gone.',
      ),
      loggedOut: both('已退出登录', 'Logged out'),
      leave: both('注销', 'Delete my account'),
      leaveAdvice: both(
        '注销后，未结束的预约将撤销，姓名、手机号、证件号和照片将删除，且不能恢复。',
        'Open visits are withdrawn, and your name, phone and ID number and photos are deleted for good.',
      ),
      leaveAsk: both('请输入“注销”以确认', 'Type DELETE to confirm'),
      left: both('已注销', 'Your account is deleted'),
    },
  },
}

/** A sentence of the service's own, or whatever somebody typed as it is. @param {string | null | undefined} words */
const worded = (words) => texts.own.said[words || ''] || words || ''

/** A stage in the phone's language; one that has no words here in the service's. @param {{ stage: string, stage_text: string }} of */
const stageOf = ({ stage, stage_text }) => texts.stages[stage] || stage_text

/**
 * What a page may show of a section: WXML calls no functions, so the sentences that take a number stay behind.
 * @template T @param {T} section @returns {T}
 */
const shown = (section) => JSON.parse(JSON.stringify(section))

/** As the service is asked, which refuses in it. */
const spoken = both('zh-CN', 'en')

module.exports = { texts, shown, spoken, stageOf, worded }
