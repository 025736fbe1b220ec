"""Makes the files beside it: what Hugging Face's transformers writes with a tiny random GPT-2.

    python make_generation.py            # transformers 5.24.0, torch 2.13.0, CPU, one thread

Every prompt is generated from alone, without padding, since transformers counts padding as tokens where n-grams are compared.
"""
import json
import pathlib

import torch
from transformers import GPT2Config, GPT2LMHeadModel
from transformers.generation.logits_process import TemperatureLogitsWarper, TopKLogitsWarper, TopPLogitsWarper

HERE = pathlib.Path(__file__).parent
PROMPTS = [[5, 17, 3, 28, 9], [11, 2], [30, 31, 30, 31, 7, 8, 1], [22]]
ENDS = [14, 19]
MAX_NEW_TOKENS = 14


def make_model():
    torch.manual_seed(11)
    config = GPT2Config(
        vocab_size=37, n_positions=32, n_embd=16, n_layer=2, n_head=2, initializer_range=0.6,
        bos_token_id=36, eos_token_id=36, pad_token_id=36)
    model = GPT2LMHeadModel(config).eval()
    for name, parameter in model.named_parameters():
        if parameter.dim() == 1:
            torch.nn.init.normal_(parameter, 1.0 if "ln_" in name and name.endswith("weight") else 0.0, 0.3)
    return model


def generate(model, prompt, ends, **settings):
    ids = torch.tensor([prompt])
    with torch.no_grad():
        out = model.generate(
            ids, attention_mask=torch.ones_like(ids), max_new_tokens=MAX_NEW_TOKENS, do_sample=False, pad_token_id=36,
            eos_token_id=ends, return_dict_in_generate=True, output_scores=True, **settings)
    new = out.sequences[0, len(prompt):].tolist()
    return new, float(out.sequences_scores[0]) if settings.get("num_beams", 1) > 1 else None


def beam_cases(model):
    cases = []
    for ends in ([36], [ENDS[0]], ENDS):
        for settings in (
            dict(num_beams=1),
            dict(num_beams=1, no_repeat_ngram_size=1),
            dict(num_beams=1, no_repeat_ngram_size=2),
            dict(num_beams=2),
            dict(num_beams=3, length_penalty=0.0),
            dict(num_beams=3, length_penalty=2.0),
            dict(num_beams=4, early_stopping=True),
            dict(num_beams=4, length_penalty=-1.0),
            dict(num_beams=5, length_penalty=0.6, no_repeat_ngram_size=2),
            dict(num_beams=5, early_stopping=True, length_penalty=1.5, no_repeat_ngram_size=3),
        ):
            written = [generate(model, prompt, ends, **settings) for prompt in PROMPTS]
            cases.append(dict(settings, eos_token_ids=ends, new_tokens=[new for new, _ in written], scores=[score for _, score in written]))
    return cases


def warper_cases():
    torch.manual_seed(5)
    logits = torch.randn(3, 23) * 3
    logits[1, 4] = logits[1, 9]  # two of the same rank
    cases = []
    for temperature, top_k, top_p in ((1.0, None, 1.0), (0.7, None, 1.0), (1.0, 5, 1.0), (1.0, None, 0.8), (1.3, 7, 0.9), (0.5, 1, 0.3), (2.0, 100, 0.05)):
        scores = logits.clone()
        if temperature != 1.0:
            scores = TemperatureLogitsWarper(temperature)(None, scores)
        if top_k is not None:
            scores = TopKLogitsWarper(top_k)(None, scores)
        if top_p < 1.0:
            scores = TopPLogitsWarper(top_p)(None, scores)
        cases.append(dict(temperature=temperature, top_k=top_k, top_p=top_p, probabilities=scores.softmax(-1).tolist()))
    return dict(logits=logits.tolist(), cases=cases)


def main():
    torch.set_num_threads(1)
    model = make_model()
    model.save_pretrained(HERE / "model")
    cases = dict(prompts=PROMPTS, max_new_tokens=MAX_NEW_TOKENS, generation=beam_cases(model), warpers=warper_cases())
    (HERE / "cases.json").write_text(json.dumps(cases, indent=1) + "\n")


if __name__ == "__main__":
    main()
