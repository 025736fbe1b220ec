using System.Text.Json;
using Microsoft.ML.Eva.Backbones.DecisionTransformer;
using Microsoft.ML.Eva.Backbones.Gpt2;
using Microsoft.ML.Eva.Backbones.Heads;
using Microsoft.ML.Eva.Data.Tokenization;
using Microsoft.ML.Eva.Tensors;
using static TorchSharp.torch;

namespace Microsoft.ML.Eva.Backbones;

/// <summary>Makes networks from checkpoints. The family is looked up in <see cref="ModelFamily"/>, by config.json's <c>model_type</c>.</summary>
internal static class NetworkFactory
{
    /// <summary>The file in which a sentence-transformers folder says how its vectors come about.</summary>
    public const string PoolingFile = "1_Pooling/config.json";

    /// <summary>
    /// A network with a head of <paramref name="outputs"/> outputs, evaluation-ready and frozen. It holds a reference to
    /// <paramref name="content"/> of its own.
    /// </summary>
    /// <param name="content">The checkpoint.</param>
    /// <param name="head">How vectors per token become one per row.</param>
    /// <param name="outputs">Classes, or 1 for a number.</param>
    /// <param name="initialization">What new head weights are drawn from; null: all must be in the checkpoint, as in a saved model.</param>
    /// <param name="takeOverHead">Whether the head of a fine-tuned checkpoint is kept where its shape agrees; its weights then are not <see cref="Weight.IsOwned"/>.</param>
    /// <param name="dropout">The rate of all dropout in place of those in config.json; null: those.</param>
    /// <param name="headRows">For each output the checkpoint's output that it starts from, −1 for new ones; null: as <paramref name="takeOverHead"/> says.</param>
    /// <exception cref="InvalidDataException">The checkpoint does not fit together or is of an unknown family.</exception>
    public static Network Create(
        CheckpointContent content, HeadKind head, int outputs, Generator? initialization, bool takeOverHead = false, double? dropout = null, IReadOnlyList<int>? headRows = null)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(outputs, 1);
        var config = new ConfigReader(content.Config, content.Name, dropout);
        var family = ModelFamily.Of(config);
        var binder = new WeightBinder(content.Tensors, content.Prefix);
        var backbone = family.Backbone(config, binder);
        binder.ThrowIfFaulty(content.Name);
        var device = backbone.Weights[0].Value.device;
        var deviation = config.Number("initializer_range", 0, 10, absent: 0.02);
        var headBinder = new HeadBinder(binder, outputs, initialization, deviation, device, takeOverHead || headRows is not null) { RowsOfCheckpoint = headRows };
        try
        {
            var kind = head == HeadKind.Auto ? KindOf(content) : head;
            var made = MakeHead(kind, family, config, headBinder, backbone.HiddenSize);
            binder.ThrowIfFaulty(content.Name);
            return new Network(content.AddReference(), backbone, made) { HasFamilyHead = kind == HeadKind.Pooler };
        }
        catch
        {
            foreach (var weight in headBinder.Bound)
                weight.Dispose();
            throw;
        }
    }

    /// <summary>A network whose outputs are next-token scores [batch, tokens, vocabulary], by GPT-2's own table of words.</summary>
    /// <exception cref="InvalidDataException">The checkpoint does not fit together or is no language model.</exception>
    public static Network CreateLanguageModel(CheckpointContent content, double? dropout = null)
    {
        var config = new ConfigReader(content.Config, content.Name, dropout);
        var binder = new WeightBinder(content.Tensors, content.Prefix);
        if (ModelFamily.Of(config).Backbone(config, binder) is not Gpt2Backbone backbone)
            throw config.Fault("model_type", "must be 'gpt2' for a model that writes texts");
        if (!config.Flag("tie_word_embeddings", absent: true))
            throw config.Fault("tie_word_embeddings", "is false; only language models whose last layer is the table of words are supported");
        binder.ThrowIfFaulty(content.Name);
        return new Network(content.AddReference(), backbone, new LanguageModelHead(backbone.WordTable)) { HasFamilyHead = true };
    }

    /// <summary>A network whose outputs are actions [batch, steps, action], by the checkpoint's own last layer.</summary>
    /// <exception cref="InvalidDataException">The checkpoint does not fit together or is no Decision Transformer.</exception>
    public static Network CreatePolicy(CheckpointContent content, double? dropout = null)
    {
        var config = new ConfigReader(content.Config, content.Name, dropout);
        var binder = new WeightBinder(content.Tensors, content.Prefix);
        if (content.ModelType != "decision_transformer")
            throw config.Fault("model_type", $"is '{content.ModelType}', but must be 'decision_transformer' for a network that chooses actions");
        var read = DecisionTransformerConfig.Read(config);
        var backbone = new DecisionTransformerBackbone(read, binder);
        var head = new ActionHead(read, binder);
        binder.ThrowIfFaulty(content.Name);
        return new Network(content.AddReference(), backbone, head);
    }

    /// <summary>Throws if a tokenizer can give ids that the checkpoint's table of words does not have. A larger table is usual: it is padded.</summary>
    /// <returns>The number of rows of the table that no id leads to.</returns>
    /// <exception cref="InvalidDataException">It can.</exception>
    public static int CheckVocabulary(CheckpointContent content, TextTokenizer tokenizer)
    {
        var config = new ConfigReader(content.Config, content.Name);
        var size = config.Integer("vocab_size", 1, int.MaxValue);
        if (tokenizer.VocabularySize > size)
            throw config.Fault("vocab_size", $"is {size}, but the tokenizer's ids go up to {tokenizer.VocabularySize - 1}: {tokenizer.VocabularySize} ids. Tokenizer and weights are of different models");
        return size - tokenizer.VocabularySize;
    }

    private static Head MakeHead(HeadKind kind, ModelFamily family, ConfigReader config, HeadBinder binder, long hiddenSize) =>
        family.SpecialHead(kind, config, binder, hiddenSize) ?? CommonHead(kind, family, config, binder, hiddenSize);

    private static Head CommonHead(HeadKind kind, ModelFamily family, ConfigReader config, HeadBinder binder, long hiddenSize) => kind switch
    {
        HeadKind.Mean => new MeanHead(binder, hiddenSize, HiddenDropout(config)),
        HeadKind.Cls => new ClsHead(binder, hiddenSize, HiddenDropout(config)),
        HeadKind.Pooler => family.Classifier(config, binder, hiddenSize),
        _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, "Unknown head."),
    };

    // "dropout" is DistilBERT's name for it, "resid_pdrop" GPT-2's; pictures' networks have none.
    private static double HiddenDropout(ConfigReader config) =>
        config.Dropout("hidden_dropout_prob", absent: config.Dropout("dropout", absent: config.Dropout("resid_pdrop", absent: 0)));

    /// <summary>What <see cref="HeadKind.Auto"/> means for this checkpoint.</summary>
    /// <exception cref="InvalidDataException">The pooling file asks for what none of our heads does.</exception>
    public static HeadKind KindOf(CheckpointContent content)
    {
        if (!content.Files.TryGetValue(PoolingFile, out var bytes))
            return HeadKind.Pooler;
        try
        {
            using var json = UntrustedJson.Parse(bytes);
            var modes = json.RootElement.ValueKind != JsonValueKind.Object ? [] : json.RootElement.EnumerateObject()
                .Where(p => p.Name.StartsWith("pooling_mode_", StringComparison.Ordinal) && p.Value.ValueKind == JsonValueKind.True)
                .Select(p => p.Name["pooling_mode_".Length..]).ToArray();
            return modes switch
            {
                ["mean_tokens"] => HeadKind.Mean,
                ["cls_token"] => HeadKind.Cls,
                _ => throw new InvalidDataException(
                    $"{PoolingFile} of {content.Name} asks for the pooling [{string.Join(", ", modes)}]; known are mean_tokens and cls_token. Choose a HeadKind other than Auto."),
            };
        }
        catch (JsonException e)
        {
            throw new InvalidDataException($"{PoolingFile} of {content.Name} is not JSON: {e.Message}", e);
        }
    }
}
