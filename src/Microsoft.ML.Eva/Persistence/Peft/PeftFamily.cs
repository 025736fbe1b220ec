namespace Microsoft.ML.Eva.Persistence.Peft;

/// <summary>What PEFT files need to know of a family: the backbone's name inside its task model, and that model's class and module.</summary>
/// <param name="Prefix">The backbone's name in models with a head: <c>bert</c> in <c>bert.encoder.layer.0…</c>.</param>
/// <param name="Class">The class of models with a classification head.</param>
/// <param name="Library">The Python module it lies in.</param>
/// <param name="TaskType">PEFT's task, or null for classes that PEFT has no task for (pictures).</param>
internal sealed record PeftFamily(string Prefix, string Class, string Library, string? TaskType)
{
    private const string Classification = "SEQ_CLS";

    private static readonly Dictionary<string, PeftFamily> ByModelType = new(StringComparer.Ordinal)
    {
        ["bert"] = Text("bert", "Bert", "bert"),
        ["roberta"] = Text("roberta", "Roberta", "roberta"),
        ["xlm-roberta"] = Text("roberta", "XLMRoberta", "xlm_roberta"),
        ["camembert"] = Text("roberta", "Camembert", "camembert"),
        ["distilbert"] = Text("distilbert", "DistilBert", "distilbert"),
        ["electra"] = Text("electra", "Electra", "electra"),
        ["modernbert"] = Text("model", "ModernBert", "modernbert"),
        ["mpnet"] = Text("mpnet", "MPNet", "mpnet"),
        ["deberta-v2"] = Text("deberta", "DebertaV2", "deberta_v2"),
        ["gpt2"] = Text("transformer", "GPT2", "gpt2"),
        ["vit"] = Image("vit", "ViT", "vit"),
        ["dinov2"] = Image("dinov2", "Dinov2", "dinov2"),
        ["dinov2_with_registers"] = Image("dinov2_with_registers", "Dinov2WithRegisters", "dinov2_with_registers"),
        ["resnet"] = Image("resnet", "ResNet", "resnet"),
    };

    /// <summary>Every name a backbone may have in a file.</summary>
    public static IReadOnlyCollection<string> Prefixes { get; } = [.. ByModelType.Values.Select(family => family.Prefix).Distinct()];

    /// <summary>The family of config.json's <c>model_type</c>; null for one that PEFT files cannot be written for.</summary>
    public static PeftFamily? Find(string modelType) => ByModelType.GetValueOrDefault(modelType);

    private static PeftFamily Text(string prefix, string name, string library) => new(prefix, $"{name}ForSequenceClassification", $"transformers.models.{library}.modeling_{library}", Classification);

    private static PeftFamily Image(string prefix, string name, string library) => new(prefix, $"{name}ForImageClassification", $"transformers.models.{library}.modeling_{library}", null);
}
