"""The words of what is found in templates, in English and Chinese."""

from collections.abc import Mapping
from typing import Final, Literal

from shared.domain.messages.reasons import Text

Code = Literal[
    "template_broken",
    "variable_without_default",
    "html_too_large",
    "no_unsubscribe",
    "image_without_alt",
    "unencrypted_link",
    "no_text_part",
    "sms_of_several_segments",
    "sms_costlier_by_characters",
    "sms_without_way_out",
    "advertises_on_wechat",
    "language_unnamed",
]

WORDS: Final[Mapping[Code, tuple[Text, Text]]] = {
    "template_broken": (
        Text("{problem}", "模板无法使用：{problem}"),
        Text("mend the template", "请修正模板"),
    ),
    "variable_without_default": (
        Text(
            "whoever has no {variable} gets no message",
            "没有 {variable} 的人收不到消息",
        ),
        Text(
            'say what to show instead: {{{{ {variable} | default: "…" }}}}',
            '请写明缺省内容：{{{{ {variable} | default: "…" }}}}',
        ),
    ),
    "html_too_large": (
        Text(
            "the HTML takes {kb} KB; Gmail hides what comes after {most}",
            "HTML 有 {kb} KB，Gmail 会截去 {most} KB 之后的内容",
        ),
        Text("make it shorter, or take styles out", "请缩短内容或减少样式"),
    ),
    "no_unsubscribe": (
        Text(
            "a marketing email needs a link by which one leaves",
            "营销邮件需要退订链接",
        ),
        Text(
            'write <a href="{{{{ links.unsubscribe }}}}">…</a> or links.preferences',
            '请加入 <a href="{{{{ links.unsubscribe }}}}">退订</a> 或 links.preferences',
        ),
    ),
    "image_without_alt": (
        Text(
            "{count} images have no alternative text",
            "{count} 张图片没有替代文字",
        ),
        Text('say what they show with alt="…", or alt="" for ornaments', '请用 alt="…" 说明图片'),
    ),
    "unencrypted_link": (
        Text("{link} goes over http", "{link} 使用不加密的 http"),
        Text("write https", "请改用 https"),
    ),
    "no_text_part": (
        Text(
            "there is nothing to read where images and HTML are not shown",
            "不显示图片和 HTML 时没有可读内容",
        ),
        Text("write words beside the images, or a `text`", "请在图片之外写上文字，或填写 `text`"),
    ),
    "sms_of_several_segments": (
        Text(
            "it takes {segments} segments ({encoding}, {units} units), about ${cost} a thousand",
            "共 {segments} 条（{encoding}，{units} 单位），每千人约 {cost} 美元",
        ),
        Text("make it shorter", "请缩短内容"),
    ),
    "sms_costlier_by_characters": (
        Text(
            "{characters} make it {segments} segments; without them it would be {fewer}",
            "{characters} 使其变为 {segments} 条，去掉后为 {fewer} 条",
        ),
        Text("write plain characters in their place", "请改用普通字符"),
    ),
    "sms_without_way_out": (
        Text(
            "a marketing text says how one leaves: in China it must",
            "营销短信须写明退订方式",
        ),
        Text('end it with "Reply R to stop"', "请在结尾写“拒收请回复R”"),
    ),
    "advertises_on_wechat": (
        Text(
            "WeChat takes no advertising in such messages: {words}",
            "微信此类消息不得含营销内容：{words}",
        ),
        Text(
            "say what happened, or use a customer-service message",
            "请只写事项本身，或改用客服消息",
        ),
    ),
    "language_unnamed": (
        Text(
            "nobody knows in which language it stands beside {languages}",
            "不清楚默认内容的语言（另有 {languages}）",
        ),
        Text("name it with `language`", "请用 `language` 写明"),
    ),
}
