/** Everything that the widget says by itself. */

const WORDS = {
  en: {
    inbox: "Messages",
    unread: (n: number) => `Messages, ${n} new`,
    empty: "There is nothing new.",
    close: "Close",
    dismiss: "Remove this message",
    open: "Open",
    contact: "Talk to a person",
    contactText: "What can we help you with?",
    contactReply: "How can we reach you? (optional)",
    send: "Send",
    contactSent: "Thank you. Somebody will get back to you.",
    like: "I like it",
    not_interested: "Not interested",
    tell_me_more: "Tell me more",
    rating: (n: string) => `${n} of 5`,
    answer: "Your answer",
    thanks: "Thank you for your answer.",
    failed: "That did not get through. Please try again.",
  },
  zh: {
    inbox: "消息",
    unread: (n: number) => `消息，${n} 条新消息`,
    empty: "暂无新消息。",
    close: "关闭",
    dismiss: "移除这条消息",
    open: "查看",
    contact: "联系人工",
    contactText: "请问有什么可以帮您？",
    contactReply: "如何联系您？（选填）",
    send: "发送",
    contactSent: "谢谢，我们会尽快与您联系。",
    like: "喜欢",
    not_interested: "不感兴趣",
    tell_me_more: "想了解更多",
    rating: (n: string) => `${n} 分，满分 5 分`,
    answer: "您的回答",
    thanks: "感谢您的反馈。",
    failed: "发送失败，请重试。",
  },
};

export type Words = typeof WORDS.en;

export function wordsFor(language: string): { language: "en" | "zh"; words: Words } {
  const known = /^zh\b/i.test(language) ? "zh" : "en";
  return { language: known, words: WORDS[known] };
}
