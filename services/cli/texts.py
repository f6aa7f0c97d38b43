"""What the command line says, in English and Chinese."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

TEXTS: Mapping[str, tuple[str, str]] = {
    # -- the stack
    "starting": ("Starting Storyreel in {data} …", "正在启动 Storyreel（{data}）…"),
    "ready": ("Storyreel is ready after {seconds:.1f} s.", "Storyreel 已就绪，用时 {seconds:.1f} 秒。"),
    "url": ("API", "接口"),
    "docs": ("API docs", "接口文档"),
    "grpc": ("gRPC", "gRPC"),
    "data": ("Data", "数据"),
    "logs": ("Logs", "日志"),
    "how_to_stop": ("Ctrl-C stops it.", "按 Ctrl-C 停止。"),
    "stopping": (
        "Stopping: what is being made goes on later where it is. Ctrl-C again to stop at once.",
        "正在停止；未完成的任务下次会从断点继续。再按一次 Ctrl-C 立即停止。",
    ),
    "stopped": ("Stopped.", "已停止。"),
    "already_running": (
        "Storyreel already runs on {data}: process {pid}, {url}. Use it, stop it (kill {pid}), or use --data DIR.",
        "{data} 上已有 Storyreel 在运行：进程 {pid}，{url}。可直接使用、停止它（kill {pid}），或用 --data 另选目录。",
    ),
    "being_started": (
        "Another storyreel is just starting on {data}. Wait a moment, or choose another folder with --data.",
        "另一个 storyreel 正在 {data} 上启动。请稍候，或用 --data 另选目录。",
    ),
    "port_taken": (
        "Port {port} on {host} is taken by another program. Choose another with --port, or --port 0 for any free one.",
        "{host} 的端口 {port} 已被其他程序占用。请用 --port 换一个端口，或用 --port 0 自动选择。",
    ),
    "bad_host": (
        "Cannot listen on {host}:{port} ({problem}). Choose an address of this machine with --host and a free port with --port.",
        "无法在 {host}:{port} 上监听（{problem}）。请用 --host 指定本机地址，用 --port 指定空闲端口。",
    ),
    "folder_unusable": (
        "The data folder {data} cannot be used: {problem}. Choose another with --data.",
        "数据目录 {data} 无法使用：{problem}。请用 --data 另选目录。",
    ),
    "part_failed": (
        "{part} does not stay up ({problem}). The end of its log, {log}:\n{tail}",
        "{part}反复退出（{problem}）。日志 {log} 的结尾：\n{tail}",
    ),
    "part_postgres": ("The database", "数据库"),
    "part_broker": ("The message broker", "消息代理"),
    "part_models": ("The model service", "模型服务"),
    "part_worker": ("The story worker", "故事工作进程"),
    "part_gateway": ("The gateway", "网关"),
    "not_ready_in_time": (
        "Not ready within {seconds:.0f} s ({waiting}). Look into {logs}; STORYREEL_START_TIMEOUT_SECONDS allows more time.",
        "未能在 {seconds:.0f} 秒内就绪（{waiting}）。请查看 {logs}，或用 STORYREEL_START_TIMEOUT_SECONDS 延长等待时间。",
    ),
    "stack_did_not_start": (
        "The embedded stack did not start:\n{tail}",
        "内置服务未能启动：\n{tail}",
    ),
    "package_missing": (
        "The package {package} is not installed; install Storyreel whole: pip install 'storyreel[gateway,models,cli]'.",
        "缺少软件包 {package}；请完整安装 Storyreel：pip install 'storyreel[gateway,models,cli]'。",
    ),
    # -- the gateway
    "unreachable": (
        "Nothing answers at {url} ({problem}). Start it with `storyreel up`, or name a running one with --url.",
        "{url} 没有响应（{problem}）。请用 `storyreel up` 启动，或用 --url 指定正在运行的地址。",
    ),
    "not_running": (
        "No Storyreel runs on {data}. Start one with `storyreel up`, or name a running one with --url.",
        "{data} 上没有正在运行的 Storyreel。请用 `storyreel up` 启动，或用 --url 指定正在运行的地址。",
    ),
    "bad_answer": (
        "{url} answered {status}: {detail}",
        "{url} 返回 {status}：{detail}",
    ),
    # -- a film
    "no_such_file": (
        "There is no file {path}. Give the story's text itself, a file, or - for standard input.",
        "没有文件 {path}。请直接给出故事文字、文件名，或用 - 从标准输入读取。",
    ),
    "not_text": (
        "{path} is not text in UTF-8 or GB18030. Save it as UTF-8 text.",
        "{path} 不是 UTF-8 或 GB18030 文本。请另存为 UTF-8 文本。",
    ),
    "empty_story": ("The story is empty. Write at least a sentence.", "故事是空的。请至少写一句话。"),
    "cannot_write": (
        "Cannot write {path}: {problem}. Choose another place with -o.",
        "无法写入 {path}：{problem}。请用 -o 换一个位置。",
    ),
    "engine_test": (
        "Trying {name} with the settings of this environment; a provider may charge for it.",
        "正在用当前环境的设置试用 {name}；服务方可能会收费。",
    ),
    "engine_trial_broke": (
        "The trial ended with code {code} and without a result; what it said is above.",
        "试用以代码 {code} 结束，没有结果；原因见上文。",
    ),
    "no_such_engine": (
        "There is no engine {name}; `storyreel engines list` names them.",
        "没有名为 {name} 的引擎；用 `storyreel engines list` 查看可用的引擎。",
    ),
    "stage_storyboard": ("Storyboard", "分镜"),
    "stage_keyframe": ("Pictures", "画面"),
    "stage_speech": ("Voices", "配音"),
    "stage_clip": ("Clips", "镜头"),
    "stage_soundtrack": ("Sound", "混音"),
    "stage_film": ("Film", "成片"),
    "film_done": ("{path}", "{path}"),
    "film_facts": (
        "{length:.1f} s, {width}×{height}, {megabytes:.1f} MB, {shots} shots; made in {seconds:.0f} s",
        "时长 {length:.1f} 秒，{width}×{height}，{megabytes:.1f} MB，共 {shots} 个镜头；制作用时 {seconds:.0f} 秒",
    ),
    "film": ("Film", "成片"),
    "contact_sheet": ("Contact sheet", "缩略图"),
    "subtitles": ("Subtitles", "字幕"),
    "captions": ("Captions", "网页字幕"),
    "no_contact_sheet": (
        "No contact sheet: {problem}",
        "没有生成缩略图：{problem}",
    ),
    "operation_failed": ("The {type} failed: {message}", "{type} 失败：{message}"),
    "operation_cancelled": ("Cancelled.", "已取消。"),
    "interrupted": ("Interrupted; the work in progress was cancelled.", "已中断；进行中的任务已取消。"),
    # -- operations
    "no_operations": ("No operations yet.", "还没有操作。"),
    "cancel_asked": ("{id}: {status}; it stops shortly.", "{id}：{status}；即将停止。"),
    "pause_asked": ("{id}: {status}; it stops shortly, and goes on when resumed.", "{id}：{status}；即将暂停，可用 resume 继续。"),
    "now": ("{id}: {status}.", "{id}：{status}。"),
    "forgotten": ("{id} is forgotten; what it made stays.", "{id} 的记录已删除；它制作的内容仍然保留。"),
    "still_waiting": (
        "{id} has not ended within {seconds:.0f} s: {status}, {progress:.0%}. Wait again, or watch it.",
        "{id} 在 {seconds:.0f} 秒内没有结束：{status}，{progress:.0%}。可再次等待，或用 watch 查看。",
    ),
    "already_ended": ("{id} has already ended: {status}.", "{id} 已结束：{status}。"),
}


class Words:
    """The texts in one language."""

    def __init__(self, language: str) -> None:
        self.language = language
        self._index = 1 if language == "zh" else 0

    def __call__(self, name: str, /, **params: Any) -> str:
        return TEXTS[name][self._index].format(**params)

    @classmethod
    def of(cls, wanted: str, environment: Mapping[str, str] = os.environ) -> Words:
        """In the wanted language; when that is empty, in the locale's: Chinese for zh…, English for all else."""
        locale = wanted or next((environment[n] for n in ("LC_ALL", "LC_MESSAGES", "LANG") if environment.get(n)), "")
        return cls("zh" if locale.lower().startswith("zh") else "en")
