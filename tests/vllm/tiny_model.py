"""Makes a language model of 0.6 MB in a folder, from nothing: `python -m tests.vllm.tiny_model FOLDER`, with vLLM's Python.

It is a Qwen2 with random weights, a byte-level BPE tokenizer and a chat template, so everything that vLLM does for a model it
does for this one. What it writes is noise, of words that no story in the tests has: whoever reads them in a shot knows where
they came from. Its strings are short, since it likes to end them.
"""

import sys
from pathlib import Path

import torch
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import PreTrainedTokenizerFast, Qwen2Config, Qwen2ForCausalLM

from tests.vllm.words import WORDS

SAMPLES = Path(__file__).resolve().parents[2] / "samples"
SPECIAL = ["<|endoftext|>", "<|im_start|>", "<|im_end|>"]
KEYS = '{"bible":[{"kind":"character","name":"","look":""}],"shots":[{"title":"","narration":"","description":"","prompt":"",'
KEYS += '"framing":"wide","camera":"static","transition":"none","voice":"calm","bgm":"calm","seconds":4.5}]}'
TEMPLATE = (
    "{% for m in messages %}<|im_start|>{{ m['role'] }}\n{{ m['content'] }}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)
VOCABULARY = 2048
CONTEXT = 16_384
HIDDEN = 64
ENDS, NEVER = 1.0, -12.0
"""How much likelier than a word the end of a string is, and all that is neither; in logits."""


def tokenizer() -> PreTrainedTokenizerFast:
    """Learned from the samples, so that stories and prompts are not spelled out byte by byte; each of the words is one token."""
    made = Tokenizer(models.BPE())
    made.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    made.decoder = decoders.ByteLevel()
    texts = [path.read_text(encoding="utf-8") for path in sorted(SAMPLES.glob("*.txt"))]
    words = "".join(f" {word}" for word in WORDS)
    trainer = trainers.BpeTrainer(
        vocab_size=VOCABULARY,
        special_tokens=SPECIAL,
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    made.train_from_iterator([*texts, *[KEYS, words] * 200], trainer)
    return PreTrainedTokenizerFast(tokenizer_object=made, eos_token=SPECIAL[2], pad_token=SPECIAL[0], chat_template=TEMPLATE)


def model(tokens: PreTrainedTokenizerFast) -> Qwen2ForCausalLM:
    """Random weights, with one leaning: the first number of each state is the same everywhere, and the head reads it as a bias."""
    torch.manual_seed(0)
    config = Qwen2Config(
        vocab_size=VOCABULARY,
        hidden_size=HIDDEN,
        intermediate_size=2 * HIDDEN,
        num_hidden_layers=2,
        num_attention_heads=2,
        num_key_value_heads=2,
        max_position_embeddings=CONTEXT,
        bos_token_id=0,
        eos_token_id=2,
        pad_token_id=0,
        tie_word_embeddings=False,
    )
    made = Qwen2ForCausalLM(config)
    constant = HIDDEN**0.5
    with torch.no_grad():
        made.model.embed_tokens.weight.normal_(0, 0.2)
        made.model.embed_tokens.weight[:, 0] = constant
        made.lm_head.weight.normal_(0, 0.2)
        for number in range(VOCABULARY):
            made.lm_head.weight[number, 0] = leaning(tokens.decode([number])) / constant
    return made.to(torch.bfloat16)


def leaning(text: str) -> float:
    """What is added to a token's logit. Between strings the schema allows few tokens, all of them leaning alike."""
    if text == '"':
        return ENDS
    return 0.0 if text.startswith(" ") and text.strip() in WORDS else NEVER


def main() -> None:
    folder = Path(sys.argv[1])
    tokens = tokenizer()
    tokens.save_pretrained(folder)
    model(tokens).save_pretrained(folder)


if __name__ == "__main__":
    main()
