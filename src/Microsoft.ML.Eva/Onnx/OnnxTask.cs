using Microsoft.ML.Eva.Scoring;

namespace Microsoft.ML.Eva.Onnx;

/// <summary>What an exported model does.</summary>
/// <param name="Name">As saved models name it: <c>text-classification</c>.</param>
/// <param name="Outputs">What its outputs mean.</param>
/// <param name="Classes">The names of the classes or labels; empty where there are none.</param>
/// <param name="Threshold">The probability from which a label is predicted, where labels do not exclude each other.</param>
internal sealed record OnnxTask(string Name, OutputKind Outputs, IReadOnlyList<string> Classes, double? Threshold)
{
    /// <summary>What the libraries of Hugging Face call it.</summary>
    public string ProblemType => Outputs switch
    {
        OutputKind.Classes => "single_label_classification",
        OutputKind.Labels => "multi_label_classification",
        _ => "regression",
    };
}
