using Microsoft.ML.Eva;

namespace GlueClassification;

/// <summary>The pretrained networks that --model knows.</summary>
internal static class Checkpoints
{
    public static Checkpoint Open(string model) =>
        model == "minilm" ? Checkpoint.MiniLM
        : Directory.Exists(model) ? Checkpoint.FromFolder(model)
        : throw new UserException($"--model {model} is neither minilm nor a folder with config.json and model.safetensors.");
}
