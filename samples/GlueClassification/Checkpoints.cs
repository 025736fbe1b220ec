using Microsoft.ML.Eva;

namespace GlueClassification;

/// <summary>The pretrained networks that --model knows.</summary>
internal static class Checkpoints
{
    public static Checkpoint Open(string model) => model == "minilm"
        ? Checkpoint.MiniLM
        : throw new UserException($"--model {model} is unknown. Known is: minilm.");
}
