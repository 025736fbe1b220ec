"""Reference values of tiny random Decision Transformers: python generate.py --seed 1 --out .

Per case a folder in Hugging Face form (config.json, model.safetensors) and golden.safetensors with the inputs (states, actions,
returns_to_go, timesteps, attention_mask with padding on the left), last_hidden_state, action_preds, the loss (mean squared error
over the actions that are not padding, as the paper's code has it) and its gradients under the checkpoint's names. Below it, adapter/
is a LoRA that PEFT put into all linear layers of the blocks, and adapter.safetensors holds the actions with it.
Made with transformers 5.24.0 and peft 0.21.2 on torch 2.13.0 (CPU, one thread).
"""

import argparse
import pathlib

import peft
import torch
import transformers
from safetensors.torch import save_file

CASES = {
    # bounded actions, the reference's defaults otherwise
    "bounded": dict(hidden_size=16, n_layer=2, n_head=2, state_dim=5, act_dim=3, max_ep_len=20, n_positions=32),
    # unbounded actions, another activation and inner width, more heads, no spare places
    "unbounded": dict(hidden_size=24, n_layer=3, n_head=4, state_dim=2, act_dim=1, max_ep_len=12, n_positions=1, n_inner=40,
                      activation_function="gelu_new", action_tanh=False),
}


def make(name, settings, seed, folder):
    torch.manual_seed(seed)
    config = transformers.DecisionTransformerConfig(**settings, initializer_range=0.3)
    model = transformers.DecisionTransformerModel(config).eval()
    with torch.no_grad():  # biases and norms are 0 and 1 after the initialisation, which would hide mistakes
        for parameter in model.parameters():
            if parameter.dim() == 1:
                parameter.add_(0.2 * torch.randn_like(parameter))
    model.save_pretrained(folder)
    batch, steps = 4, 6
    mask = torch.ones(batch, steps, dtype=torch.long)
    mask[1, :2] = 0
    mask[2, :5] = 0
    times = torch.randint(0, config.max_ep_len - steps, (batch, 1)) + torch.arange(steps)
    times = (times * mask).contiguous()
    states = torch.randn(batch, steps, config.state_dim)
    actions = torch.rand(batch, steps, config.act_dim) * 2 - 1
    returns = torch.randn(batch, steps, 1)
    output = model(states=states, actions=actions, rewards=None, returns_to_go=returns, timesteps=times, attention_mask=mask)
    kept = mask.reshape(-1) > 0
    loss = torch.mean((output.action_preds.reshape(-1, config.act_dim)[kept] - actions.reshape(-1, config.act_dim)[kept]) ** 2)
    loss.backward()
    golden = dict(states=states, actions=actions, returns_to_go=returns, timesteps=times, attention_mask=mask,
                  last_hidden_state=output.last_hidden_state, action_preds=output.action_preds, loss=loss)
    golden |= {f"grad.{key}": value.grad for key, value in model.named_parameters() if value.grad is not None}
    save_file({key: value.detach().clone().contiguous() for key, value in golden.items()}, folder / "golden.safetensors")
    adapt(model, dict(states=states, actions=actions, rewards=None, returns_to_go=returns, timesteps=times, attention_mask=mask), folder)


def adapt(model, inputs, folder):
    lora = peft.LoraConfig(r=2, lora_alpha=3, target_modules=["c_attn", "c_proj", "c_fc"], fan_in_fan_out=True, init_lora_weights=False)
    adapted = peft.get_peft_model(model, lora).eval()
    adapted.create_or_update_model_card = lambda output_dir: None  # needs a template engine, and nobody reads it
    adapted.save_pretrained(folder / "adapter")
    save_file({"action_preds": adapted(**inputs).action_preds.detach().contiguous()}, folder / "adapter.safetensors")


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--out", type=pathlib.Path, default=pathlib.Path("."))
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    transformers.utils.logging.set_verbosity_error()
    for name, settings in CASES.items():
        make(name, settings, arguments.seed, arguments.out / name)
