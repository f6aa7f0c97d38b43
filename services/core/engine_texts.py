"""The texts of what goes wrong with engines, at other addresses and on this machine; `texts` has all others."""

from collections.abc import Mapping

ENGINE_TEXTS: Mapping[str, tuple[str, str]] = {
    # -- engines at other addresses
    "ENGINE_NOT_CONFIGURED": (
        "The engine {engine} lacks a setting: {setting}. {hint}",
        "引擎 {engine} 缺少设置 {setting}。{hint}",
    ),
    "PEER_UNREACHABLE": (
        "The engine {engine} cannot reach {host} ({problem}); check its address and the network.",
        "引擎 {engine} 无法连接 {host}（{problem}）；请检查地址和网络。",
    ),
    "PEER_TIMEOUT": (
        "The engine {engine}'s provider did not finish its answer within {seconds} s.",
        "引擎 {engine} 的服务方在 {seconds} 秒内没有完成响应。",
    ),
    "PEER_BUSY": (
        "The engine {engine}'s provider refuses more requests for now: {problem}.",
        "引擎 {engine} 的服务方暂时拒绝更多请求：{problem}。",
    ),
    "PEER_ERROR": (
        "The engine {engine}'s provider failed with status {status}: {problem}.",
        "引擎 {engine} 的服务方出错（状态码 {status}）：{problem}。",
    ),
    "PEER_REFUSED": (
        "The engine {engine}'s provider refused the request with status {status}: {problem}.",
        "引擎 {engine} 的服务方拒绝了请求（状态码 {status}）：{problem}。",
    ),
    "PEER_UNAUTHORIZED": (
        "The engine {engine}'s provider did not accept its key (status {status}: {problem}); check the key and what it may do.",
        "引擎 {engine} 的服务方不接受密钥（状态码 {status}：{problem}）；请检查密钥及其权限。",
    ),
    "PEER_REDIRECTED": (
        "The engine {engine}'s address answers with a redirect (status {status}), which is not followed; set the final address.",
        "引擎 {engine} 的地址返回重定向（状态码 {status}），不会跟随；请直接设置最终地址。",
    ),
    "PEER_UNREADABLE": (
        "The engine {engine}'s provider answered with {content_type} that cannot be read as what was asked: {excerpt}",
        "引擎 {engine} 的服务方返回了无法解读的内容（{content_type}）：{excerpt}",
    ),
    "PEER_UNEXPECTED": (
        "The engine {engine}'s provider answered without {wanted}: {excerpt}",
        "引擎 {engine} 的服务方的响应中缺少 {wanted}：{excerpt}",
    ),
    "PEER_ANSWER_TOO_LARGE": (
        "The engine {engine}'s provider sent more than {limit} bytes; it was cut off.",
        "引擎 {engine} 的服务方发送了超过 {limit} 字节的内容，已中断。",
    ),
    "PEER_PRIVATE_ADDRESS": (
        "The engine {engine}'s provider linked to {host}, which is the private address {address}; it is not followed.",
        "引擎 {engine} 的服务方给出的链接 {host} 指向内网地址 {address}，不会访问。",
    ),
    "PEER_JOB_FAILED": (
        "The engine {engine}'s provider could not finish its job {id}: {problem}.",
        "引擎 {engine} 的服务方未能完成任务 {id}：{problem}。",
    ),
    "WORKFLOW_UNUSABLE": (
        "The engine {engine} cannot use the workflow {file}: {problem}. docs/engines/comfyui.md says how to make one.",
        "引擎 {engine} 不能使用工作流文件 {file}：{problem}。制作方法见 docs/engines/comfyui.md。",
    ),
    "SUBMISSION_UNKNOWN": (
        (
            "A paid request to the engine {engine}'s provider was sent at {at} and its answer was lost, so it is not sent again. "
            "Look whether the provider has it; then regenerate the shot, or set STORYREEL_RESUBMIT_UNKNOWN=true."
        ),
        (
            "发给引擎 {engine} 服务方的付费请求已于 {at} 发出，但响应丢失，因此不会重复发送。"
            "请先在服务方确认；然后重新生成该镜头，或设置 STORYREEL_RESUBMIT_UNKNOWN=true。"
        ),
    ),
    # -- models on this machine's devices
    "DEVICE_MISSING": (
        "The engine {engine} is set to run on {device}, which this machine does not have (it has {found}); set {setting}.",
        "引擎 {engine} 设置为在 {device} 上运行，但本机没有该设备（可用：{found}）；请修改 {setting}。",
    ),
    "DEVICE_MEMORY_FULL": (
        "The memory of {device} is full, and the model {model} does not fit ({problem}); it is tried again later.",
        "{device} 的内存已满，放不下模型 {model}（{problem}）；稍后会重试。",
    ),
    "WEIGHTS_MISSING": (
        "The engine {engine} cannot find its weights in {model}: {problem}. Put them there, or set {setting}.",
        "引擎 {engine} 在 {model} 中找不到权重：{problem}。请放入权重，或修改 {setting}。",
    ),
    "WEIGHTS_BROKEN": (
        "The engine {engine} cannot read the weights {file}: {problem}. Copy or download the file again.",
        "引擎 {engine} 无法读取权重文件 {file}：{problem}。请重新复制或下载。",
    ),
    "WEIGHTS_UNSUITABLE": (
        "The engine {engine} cannot use {model}: {problem}. Set {setting} to another model.",
        "引擎 {engine} 不能使用 {model}：{problem}。请用 {setting} 指定其他模型。",
    ),
    "BAD_ENGINE_SETTING": (
        "The engine {engine} does not know {setting}={found}; choose one of: {known}.",
        "引擎 {engine} 不认识 {setting}={found}；可选：{known}。",
    ),
    "COMPILE_FAILED": (
        (
            "The engine {engine} is set to compile its model and cannot ({problem}). On a CPU torch needs a C++ compiler, on a GPU "
            "Triton and a C compiler: install them, or set {setting}=false."
        ),
        (
            "引擎 {engine} 设置为编译模型，但编译失败（{problem}）。"
            "在 CPU 上 torch 需要 C++ 编译器，在 GPU 上需要 Triton 和 C 编译器：请安装，或设置 {setting}=false。"
        ),
    ),
    "ENGINE_NEEDS_GPU": (
        (
            "The engine {engine} needs a GPU and finds only a CPU, where one clip takes half an hour or more; "
            "choose another engine of clips, such as camera, or set {setting}=true to use the CPU all the same."
        ),
        (
            "引擎 {engine} 需要 GPU，而本机只有 CPU，生成一个片段需要半小时以上；"
            "请改用其他视频引擎（如 camera），或设置 {setting}=true 强制使用 CPU。"
        ),
    ),
    "SAFETY_CHECKER_MISSING": (
        (
            "The engine {engine} is set to check pictures for safety, and {model} has no safety checker; set {setting} to a folder "
            "with one, or choose other weights."
        ),
        "引擎 {engine} 已开启安全检查，但 {model} 中没有安全检查器；请用 {setting} 指定安全检查器的文件夹，或换用其他权重。",
    ),
    # -- language models
    "LLM_UNUSABLE": (
        (
            "The model {model} behind the engine {engine} gave no usable answer, also when it was told what was wrong: {problem}. "
            "Try again, or choose a larger model or one that can be held to a JSON schema."
        ),
        (
            "引擎 {engine} 背后的模型 {model} 在指出问题后仍未给出可用的回答：{problem}。"
            "请重试，或换用更大的、支持 JSON schema 输出的模型。"
        ),
    ),
    "LLM_CONTEXT_TOO_SMALL": (
        (
            "The model {model} behind the engine {engine} holds {window} tokens, which is too few for this request; "
            "give the server a larger context, and set STORYREEL_LLM_CONTEXT where the server does not say it."
        ),
        (
            "引擎 {engine} 背后的模型 {model} 只能容纳 {window} 个 token，不足以完成这个请求；"
            "请增大服务器的上下文长度，若服务器不报告该值，请设置 STORYREEL_LLM_CONTEXT。"
        ),
    ),
}
