"""The words of warnings: what there is, and what to do about it, in English and Chinese."""

from collections.abc import Mapping
from typing import Final, Literal, NamedTuple

from shared.domain.messages.reasons import Text

Warned = Literal[
    "does_nothing",
    "wait_before_end",
    "fork_decides_nothing",
    "arm_contradicts_itself",
    "arm_hidden",
    "arm_contradicts_what_is_known",
    "otherwise_never",
    "step_never_reached",
    "acts_after_goal",
    "wait_outlasts_goal",
    "wait_outlasts_pause",
    "date_past",
    "schedule_once",
    "exit_is_entry",
    "exit_hides_event",
    "same_template_again",
    "lopsided_experiment",
    "holdout_of_all",
    "holdout_of_needed_messages",
    "no_sender",
    "no_provider",
    "no_address",
    "trait_without_default",
    "template_broken",
    "value_not_handed",
    "question_not_asked",
    "answer_not_offered",
    "topic_unknown",
    "consent_never_recorded",
    "event_never_seen",
    "feeds_itself",
    "not_by_call",
    "not_published",
    "update_not_seen_yet",
    "reentry_key_changed",
    "quiet_all_day",
    "expires_while_quiet",
    "may_expire_while_quiet",
    "cap_outlasts_message",
]


class Words(NamedTuple):
    """What was found, and what to do."""

    message: Text
    hint: Text


WORDS: Final[Mapping[Warned, Words]] = {
    "does_nothing": Words(
        Text(
            "nothing is sent or done on any way through this journey",
            "该旅程的任何路径上都不发送消息，也不执行动作",
        ),
        Text(
            "add a step that does something, or leave it as it is to count who passes",
            "请加入执行动作的步骤；若只为统计经过人数，可保持不变",
        ),
    ),
    "wait_before_end": Words(
        Text(
            'after "{step}" nothing more is done: it only keeps people inside for up to {stay}',
            "“{step}”之后不再有任何动作：它只会让用户在旅程中最多再停留 {stay}",
        ),
        Text(
            "take it out, or set a goal that is looked for meanwhile",
            "请删除该步骤，或设置在此期间考察的目标",
        ),
    ),
    "fork_decides_nothing": Words(
        Text(
            'every way out of "{step}" leads to "{target}"',
            "“{step}”的所有出口都通向“{target}”",
        ),
        Text(
            "let one of them lead elsewhere, or take it out",
            "请让其中一个出口通向别处，或删除该步骤",
        ),
    ),
    "arm_contradicts_itself": Words(
        Text("nobody can match this: {condition}", "没有人能满足该条件：{condition_zh}"),
        Text("the parts of the condition exclude one another", "条件的各部分互相排斥，请检查"),
    ),
    "arm_hidden": Words(
        Text(
            "nobody gets this far: whoever matches has taken arms[{arm}] already",
            "没有人会走到这里：满足该条件的人已先走 arms[{arm}]",
        ),
        Text("put the narrower condition first", "请把范围更窄的条件放在前面"),
    ),
    "arm_contradicts_what_is_known": Words(
        Text(
            "nobody who comes here can match this: {condition}",
            "走到这里的人都不可能满足该条件：{condition_zh}",
        ),
        Text(
            "what people enter by, the forks before and the arms above leave nobody for it",
            "进入条件、之前的分支和上面的条件已不留任何人",
        ),
    ),
    "otherwise_never": Words(
        Text(
            "nobody takes `otherwise`: the arms are everybody",
            "没有人会走 `otherwise`：各分支已覆盖所有人",
        ),
        Text("leave one of the arms out, or look at its condition", "请去掉一个分支，或检查其条件"),
    ),
    "step_never_reached": Words(
        Text('nobody comes to "{step}"', "没有人会到达“{step}”"),
        Text("see the warnings about the forks before it", "请查看之前分支的警告"),
    ),
    "acts_after_goal": Words(
        Text(
            '"{step}" comes {after} after the entry at the earliest, the goal counts for {within}',
            "“{step}”最早在进入后 {after} 才执行，而目标只在 {within} 内计入",
        ),
        Text("let the goal count for longer, or come sooner", "请延长目标期限，或提前该步骤"),
    ),
    "wait_outlasts_goal": Words(
        Text(
            '"{step}" lasts up to {stay} and nothing more is done after it, the goal counts for'
            " {within}",
            "“{step}”最长 {stay} 且之后不再有动作，而目标只在 {within} 内计入",
        ),
        Text("a wait as long as the goal's window is enough", "等待时间与目标期限一致即可"),
    ),
    "wait_outlasts_pause": Words(
        Text(
            '"{step}" can last {stay}, longer than the {pause} after which people may enter'
            " again: who is still inside cannot",
            "“{step}”可持续 {stay}，长于再次进入所需的间隔 {pause}：仍在旅程中的人无法再次进入",
        ),
        Text("make the pause longer, or end the journey sooner", "请延长间隔，或让旅程更早结束"),
    ),
    "date_past": Words(
        Text('"{step}" waits for {at}, which is past', "“{step}”等待的时间 {at} 已经过去"),
        Text("everybody passes it by: name a later date", "所有人都会直接跳过：请填写更晚的日期"),
    ),
    "schedule_once": Words(
        Text(
            "the schedule comes again and again, but everybody is let in once in a lifetime",
            "该日程会反复触发，但每个人一生只能进入一次",
        ),
        Text(
            "let `reentry` have the policy `always` to reach them every time",
            "若要每次都触达，请将 `reentry` 的 policy 设为 `always`",
        ),
    ),
    "exit_is_entry": Words(
        Text(
            "what begins this journey also ends it: the second time it happens, people leave",
            "触发进入的条件同时也是退出条件：第二次发生时，用户会退出",
        ),
        Text(
            "the entry itself ends nothing; take the exit rule out unless that is what you want",
            "进入本身不会触发退出；若非有意，请删除该退出规则",
        ),
    ),
    "exit_hides_event": Words(
        Text(
            "this never ends the wait: exit_on[{rule}] ends the journey by the same",
            "它不会结束该等待：exit_on[{rule}] 会因同一事件先结束旅程",
        ),
        Text("take one of the two out", "请删除其中之一"),
    ),
    "same_template_again": Words(
        Text(
            'the template "{template}" was sent by "{before}" just before, without a wait between',
            "模板“{template}”刚由“{before}”发送过，其间没有等待",
        ),
        Text("wait in between, or send another template", "请在其间加入等待，或换一个模板"),
    ),
    "lopsided_experiment": Words(
        Text(
            'the variant "{variant}" takes {share:.2%} of the people: the others are hardly seen',
            "变体“{variant}”占 {share:.2%}：其他变体几乎没有样本",
        ),
        Text("give the others more weight", "请提高其他变体的权重"),
    ),
    "holdout_of_all": Words(
        Text(
            "everybody is held out: the journey does nothing",
            "所有人都被留作对照：旅程不会执行任何动作",
        ),
        Text("lower `holdout`", "请降低 `holdout`"),
    ),
    "holdout_of_needed_messages": Words(
        Text(
            "{share:.1%} of the people never get messages of purpose {purpose}",
            "{share:.1%} 的用户不会收到 {purpose} 类消息",
        ),
        Text("hold nobody out of what people rely on", "用户所依赖的消息不宜设置对照组"),
    ),
    "no_sender": Words(
        Text(
            "the workspace has no sender, so no email goes out",
            "工作空间未设置发件地址，邮件不会发出",
        ),
        Text("set `email_from` in the settings", "请在设置中填写 `email_from`"),
    ),
    "no_provider": Words(
        Text(
            'nobody carries out the channel {channel}: "{template}" does not go out',
            "渠道 {channel} 尚未配置服务商，模板“{template}”不会发出",
        ),
        Text("apply a document of kind `provider`", "请应用一个 kind 为 `provider` 的文档"),
    ),
    "no_address": Words(
        Text(
            'whoever comes to "{step}" has no {trait}, so nothing can be sent by {channel}',
            "到达“{step}”的人没有 {trait}，无法通过 {channel} 发送",
        ),
        Text("look at the condition on the way here", "请检查通往该步骤的条件"),
    ),
    "trait_without_default": Words(
        Text(
            'the template "{template}" shows {variable}: whoever has none gets no message',
            "模板“{template}”用到 {variable}：没有该值的人收不到消息",
        ),
        Text(
            'say what to show instead, {{{{ {variable} | default: "…" }}}}, or branch on it',
            '请写明缺省内容 {{{{ {variable} | default: "…" }}}}，或用分支排除',
        ),
    ),
    "template_broken": Words(
        Text(
            'the template "{template}" cannot be used: {problem}',
            "模板“{template}”无法使用：{problem}",
        ),
        Text("mend the template", "请修正模板"),
    ),
    "question_not_asked": Words(
        Text(
            'the template "{template}" does not ask "{question}", so no answer will come',
            "模板“{template}”没有提出问题“{question}”，因此不会收到回答",
        ),
        Text("give the template this question in `ask`", "请在模板的 `ask` 中设置该问题"),
    ),
    "answer_not_offered": Words(
        Text(
            'the template "{template}" does not offer the answer "{answer}" to "{question}"',
            "模板“{template}”没有为问题“{question}”提供回答“{answer}”",
        ),
        Text("offer it in the template, or take its way out", "请在模板中提供，或删除该分支"),
    ),
    "value_not_handed": Words(
        Text(
            'the template "{template}" shows {variable}, which the step "{step}" does not hand it',
            "模板“{template}”用到 {variable}，步骤“{step}”没有提供",
        ),
        Text(
            "give the step `values: {{{value}: …}}`, or let the template say what to show instead",
            "请在步骤中加入 `values: {{{value}: …}}`，或在模板里写明缺省内容",
        ),
    ),
    "topic_unknown": Words(
        Text(
            'no other definition knows the topic "{topic}"',
            "没有其他定义用到主题“{topic}”",
        ),
        Text(
            "is it a slip? Templates of this journey are about {known}",
            "是否笔误？该旅程的模板主题为 {known}",
        ),
    ),
    "consent_never_recorded": Words(
        Text(
            "messages of purpose {purpose} need consent, and nobody was ever recorded to agree"
            " to {about}",
            "{purpose} 类消息需要授权，但从未记录过任何人授权 {about}",
        ),
        Text(
            "record consents, or see `consent_required` in the settings",
            "请记录用户授权，或查看设置 `consent_required`",
        ),
    ),
    "event_never_seen": Words(
        Text('no source ever sent the event "{event}"', "从未有来源发送过事件“{event}”"),
        Text("is it a slip? The lake knows {known}", "是否笔误？数据湖中的事件有 {known}"),
    ),
    "not_by_call": Words(
        Text(
            'people enter "{journey}" by {entry}, so that this step lets nobody in',
            "“{journey}”的进入方式是 {entry}，此步骤不会让任何人进入",
        ),
        Text(
            "give it `entry: {{type: call}}`, or take this step out",
            "请将其改为 `entry: {{type: call}}`，或删除此步骤",
        ),
    ),
    "not_published": Words(
        Text(
            '"{journey}" is not published, so that this step lets nobody in',
            "“{journey}”未处于已发布状态，此步骤不会让任何人进入",
        ),
        Text(
            "publish or resume it before people come here, or take this step out",
            "请在用户到达此处之前发布或恢复该旅程，或删除此步骤",
        ),
    ),
    "update_not_seen_yet": Words(
        Text(
            'what "{before}" writes of somebody is not seen here yet: no time passes in between',
            "“{before}”写入的内容在此处尚不可见：其间没有等待",
        ),
        Text(
            "put a wait between, or branch before the update", "请在其间加入等待，或在更新之前分支"
        ),
    ),
    "reentry_key_changed": Words(
        Text(
            "the published version tells runs apart by {before}, this one by {after}: who is inside"
            " can enter a second time",
            "已发布版本按 {before_zh} 区分，此版本按 {after_zh} 区分：已在旅程中的人可能再次进入",
        ),
        Text(
            "keep the key, or archive the journey and publish another one in its place",
            "请保留原来的 key，或归档该旅程并另行发布一个",
        ),
    ),
    "feeds_itself": Words(
        Text(
            "journeys begin one another in a circle: {circle}",
            "旅程循环触发：{circle}",
        ),
        Text(
            "let people enter one of them only once (`reentry: {{policy: never}}`), or break the"
            " circle",
            "请让其中一个旅程只能进入一次（`reentry: {{policy: never}}`），或打破循环",
        ),
    ),
    "quiet_all_day": Words(
        Text(
            "quiet hours last the whole day, so no message ever goes out",
            "免打扰时段覆盖全天，消息永远不会发出",
        ),
        Text("leave some time of the day open", "请在一天中留出可下发的时段"),
    ),
    "expires_while_quiet": Words(
        Text(
            'whoever comes to "{step}" at {time} is in quiet hours until the message has expired'
            " ({expires})",
            "用户在 {time} 到达“{step}”时处于免打扰时段，消息在结束前已过期（{expires}）",
        ),
        Text(
            "wait for another time of day, or let the message wait longer (`expires_after`)",
            "请改为等到其他时间，或延长 `expires_after`",
        ),
    ),
    "may_expire_while_quiet": Words(
        Text(
            'quiet hours last {quiet}, and the message of "{step}" expires after {expires}: some'
            " never go out",
            "免打扰时段长达 {quiet}，而“{step}”的消息 {expires} 后过期，部分消息不会发出",
        ),
        Text(
            "let it wait longer than the night (`expires_after`)",
            "请让 `expires_after` 长于免打扰时段",
        ),
    ),
    "cap_outlasts_message": Words(
        Text(
            "the contact budget lets {most} out within {within}, and this journey has sent as many"
            ' before "{step}", whose message expires after {expires}: it never goes out',
            "频控上限为 {within} 内 {most} 条，本旅程在“{step}”之前已发满，而其消息"
            " {expires} 后过期，永远不会发出",
        ),
        Text(
            "let more time pass between messages, or let this one wait longer (`expires_after`)",
            "请拉开消息间隔，或延长 `expires_after`",
        ),
    ),
}
