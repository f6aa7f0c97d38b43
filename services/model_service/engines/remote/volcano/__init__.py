"""Volcano Engine's visual API (Jimeng, 即梦AI): clips, figures that speak, and keyframes by Seedream.

Sources, all of Volcano Engine: 签名方法 (docs/6369/67269), 签名示例 (docs/6369/67270), 即梦AI-视频生成3.0 720P and 1080P
(docs/85621/1792702 ff.), 视频生成3.0 Pro, 图片生成4.0, 文生图3.1, OmniHuman1.5-主体识别
(docs/85621/1828975) and -视频生成 (docs/85621/1829013), 通用返回字段及错误码 (docs/6444/69728).
"""
