"""The texts of what goes wrong with webhooks; `texts` has all others, and says how they are read."""

from collections.abc import Mapping

WEBHOOK_TEXTS: Mapping[str, tuple[str, str]] = {
    "WEBHOOK_NOT_FOUND": ("There is no webhook {id}.", "没有 webhook {id}。"),
    "DELIVERY_NOT_FOUND": ("This webhook has no delivery {id}.", "这个 webhook 没有投递记录 {id}。"),
    "WEBHOOK_URL_UNUSABLE": (
        (
            "{field} '{found}' cannot be used; send a URL such as https://example.com/hooks, in ASCII, of at most {limit} "
            "characters, without user name, password or fragment."
        ),
        (
            "{field} 的值“{found}”不可用；请使用形如 https://example.com/hooks 的 URL："
            "仅含 ASCII，最多 {limit} 个字符，不含用户名、密码和片段。"
        ),
    ),
    "WEBHOOK_WITHOUT_EVENTS": (
        "{field} is empty; name at least one of: {known}; or leave it out.",
        "{field} 是空的；请至少列出其中之一：{known}；或去掉此字段。",
    ),
    "WEBHOOK_NEEDS_HTTPS": (
        "{field} must begin with https://; an operator may allow http with STORYREEL_WEBHOOK_ALLOW_HTTP=true.",
        "{field} 必须以 https:// 开头；运维人员可用 STORYREEL_WEBHOOK_ALLOW_HTTP=true 允许 http。",
    ),
    "WEBHOOK_PRIVATE_ADDRESS": (
        (
            "The host {host} is in a private network, where webhooks are not sent; use one with a public address, "
            "or let an operator set STORYREEL_WEBHOOK_ALLOW_PRIVATE=true."
        ),
        "主机 {host} 位于内网，不会向其发送 webhook；请使用公网地址，或由运维人员设置 STORYREEL_WEBHOOK_ALLOW_PRIVATE=true。",
    ),
    "TOO_MANY_WEBHOOKS": (
        "You have {limit} webhooks, which is as many as there may be; delete one first.",
        "你已有 {limit} 个 webhook，达到上限；请先删除一个。",
    ),
    "WEBHOOK_DISABLED": (
        "The webhook {id} is disabled, so nothing is sent to it; set enabled to true first.",
        "webhook {id} 已停用，不会发送任何内容；请先将 enabled 设为 true。",
    ),
    "WEBHOOK_UNREACHABLE": (
        "The host {host} cannot be reached ({problem}); check the webhook's URL, and whether its server runs.",
        "无法连接主机 {host}（{problem}）；请检查 webhook 的 URL 及其服务器是否在运行。",
    ),
    "WEBHOOK_TIMEOUT": (
        "The webhook did not answer within {seconds} s; answer first, and work afterwards.",
        "webhook 在 {seconds} 秒内没有响应；请先响应，再处理。",
    ),
    "WEBHOOK_REFUSED": (
        "The webhook answered with status {status}; only 2xx counts as received.",
        "webhook 返回状态码 {status}；只有 2xx 才算已接收。",
    ),
    "WEBHOOK_SECRET_SEALED": (
        (
            "The webhook's secret is sealed with a key that the worker does not have; an operator must give it that key in "
            "STORYREEL_WEBHOOK_SECRET_KEYS, or you may replace the secret."
        ),
        (
            "该 webhook 的密钥已用 worker 没有的密钥加密；"
            "请由运维人员在 STORYREEL_WEBHOOK_SECRET_KEYS 中提供它，或更换该 webhook 的密钥。"
        ),
    ),
    "WEBHOOK_REDIRECTED": (
        "The webhook answered with a redirect (status {status}), which is not followed; set the final URL.",
        "webhook 返回重定向（状态码 {status}），不会跟随；请直接设置最终的 URL。",
    ),
    "WEBHOOK_GONE": (
        "The webhook answered 410 Gone and was disabled; set enabled to true once it is there again.",
        "webhook 返回 410 Gone，已被停用；恢复后请将 enabled 设为 true。",
    ),
}
