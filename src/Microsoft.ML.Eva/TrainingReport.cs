using System.Globalization;
using System.Text;
using System.Text.Json;
using Microsoft.ML.Eva.Reporting;
using Microsoft.ML.Eva.Reporting.Html;
using Microsoft.ML.Eva.Reporting.TensorBoard;

namespace Microsoft.ML.Eva;

/// <summary>What a training run did: the ranks EVA gave, the losses, metrics and seconds. Part of the model and saved with it.</summary>
public sealed record TrainingReport
{
    private static readonly JsonSerializerOptions Json = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        WriteIndented = true,
        RespectRequiredConstructorParameters = true,
        RespectNullableAnnotations = true,
        MaxDepth = 32,
        NumberHandling = System.Text.Json.Serialization.JsonNumberHandling.AllowNamedFloatingPointLiterals,
    };

    /// <summary>Gets the name of the checkpoint the model started from.</summary>
    public required string Checkpoint { get; init; }

    /// <summary>Gets the method of adaptation and its initialisation, e.g. <c>Lora, Eva</c>; <c>Lora, AdapterFolder</c> where training went on from a folder.</summary>
    public required string Method { get; init; }

    /// <summary>Gets the number of training rows.</summary>
    public required int Rows { get; init; }

    /// <summary>Gets the number of rows left out because their label was missing.</summary>
    public int RowsWithoutLabel { get; init; }

    /// <summary>Gets the number of training rows that fill all tokens allowed, so that most likely something of them was cut.</summary>
    public int RowsAtLimit { get; init; }

    /// <summary>Gets the number of training rows left out because their picture cannot be read, where <see cref="EvaLoraImageOptions.SkipsBrokenPictures"/> allows that.</summary>
    public int RowsUnreadable { get; init; }

    /// <summary>Gets the number of trained parameters, the head's included.</summary>
    public required long TrainableParameters { get; init; }

    /// <summary>Gets the rank of each adapted layer's adapter, by the layer's name, in the network's order: the kept ones for AdaLoRA, the shared matrices' for VeRA, 0 where EVA or AdaLoRA left none. Empty for methods without ranks (BOFT, full fine-tuning).</summary>
    public required IReadOnlyDictionary<string, int> Ranks { get; init; }

    /// <summary>Gets the share of the variance of each layer's input that each of its components explains, largest first. Empty without EVA.</summary>
    public IReadOnlyDictionary<string, double[]> ExplainedVariance { get; init; } = new Dictionary<string, double[]>();

    /// <summary>Gets the number of mini-batches of EVA's warm-up; 0 without EVA.</summary>
    public int EvaBatches { get; init; }

    /// <summary>Gets whether EVA's components were stable when the warm-up ended.</summary>
    public bool EvaConverged { get; init; }

    /// <summary>Gets the similarity from which EVA took a component as stable.</summary>
    public double EvaTau { get; init; }

    /// <summary>Gets, for every mini-batch of EVA's warm-up, the components' mean similarity with their values one mini-batch earlier; NaN for the first.</summary>
    public IReadOnlyList<double> EvaSimilarities { get; init; } = [];

    /// <summary>Gets, for every mini-batch of EVA's warm-up, how many layers' components were stable after it.</summary>
    public IReadOnlyList<int> EvaStableLayers { get; init; } = [];

    /// <summary>Gets the training loss of every step. For numbers: of the labels scaled to a deviation of 1.</summary>
    public required IReadOnlyList<float> Losses { get; init; }

    /// <summary>Gets the norm of the gradient of every step, before it was limited to <see cref="TrainingOptions.MaxGradientNorm"/>.</summary>
    public IReadOnlyList<float> GradientNorms { get; init; } = [];

    /// <summary>Gets the learning rate of every step.</summary>
    public IReadOnlyList<double> LearningRates { get; init; } = [];

    /// <summary>Gets the number of steps in an epoch; 0 in models saved by versions that did not note it.</summary>
    public int StepsPerEpoch { get; init; }

    /// <summary>Gets the loss on the validation rows after every epoch; empty without validation rows.</summary>
    public IReadOnlyList<double> ValidationLosses { get; init; } = [];

    /// <summary>Gets the metric on the validation rows after every epoch, by which the best epoch is chosen: accuracy for classes, Pearson's correlation for numbers; empty without validation rows.</summary>
    public IReadOnlyList<double> ValidationMetrics { get; init; } = [];

    /// <summary>Gets the name of the metric in <see cref="ValidationMetrics"/>, e.g. <c>Accuracy</c>; null in reports of earlier versions.</summary>
    public string? MetricName { get; init; }

    /// <summary>Gets further metrics on the validation rows, by name, one value for every epoch: Spearman's correlation for numbers.</summary>
    public IReadOnlyDictionary<string, double[]> FurtherMetrics { get; init; } = new Dictionary<string, double[]>();

    /// <summary>Gets the names of the classes or labels; empty for numbers, and in models saved by versions that did not note them.</summary>
    public IReadOnlyList<string> Classes { get; init; } = [];

    /// <summary>Gets how often the best epoch's model predicted which class for which on the validation rows; empty without such rows, and where not one class of several is learned.</summary>
    public IReadOnlyList<ConfusionCount> Confusion { get; init; } = [];

    /// <summary>Gets the validation rows whose class got the least probability from the best epoch's model, hardest first, at most 20; empty without such rows, and where not one class of several is learned.</summary>
    public IReadOnlyList<HardRow> HardRows { get; init; } = [];

    /// <summary>Gets the options of the run by name, e.g. <c>Adapter.Rank</c>: numbers, flags, choices and lists of layers, but no paths or columns.</summary>
    public IReadOnlyDictionary<string, string> Settings { get; init; } = new Dictionary<string, string>();

    /// <summary>Gets versions, system and device of the run. Not saved with a model: empty in a loaded one.</summary>
    public IReadOnlyDictionary<string, string> Environment { get; init; } = new Dictionary<string, string>();

    /// <summary>Gets the epoch, counted from 1, whose weights were kept.</summary>
    public int BestEpoch { get; init; }

    /// <summary>Gets whether the run was cancelled before its end.</summary>
    public bool IsCancelled { get; init; }

    /// <summary>Gets the seconds that loading the checkpoint and reading the rows took. Seconds are not saved with a model: they are 0 in a loaded one.</summary>
    public double SecondsLoad { get; init; }

    /// <summary>Gets the seconds of EVA's warm-up.</summary>
    public double SecondsEva { get; init; }

    /// <summary>Gets the seconds of training, validation included.</summary>
    public double SecondsTrain { get; init; }

    /// <summary>Writes the report as JSON (UTF-8, snake_case).</summary>
    public void WriteJson(Stream stream) => JsonSerializer.Serialize(stream, this, Json);

    /// <summary>Reads what <see cref="WriteJson"/> wrote.</summary>
    /// <exception cref="InvalidDataException">The stream holds something else.</exception>
    public static TrainingReport ReadJson(Stream stream)
    {
        try
        {
            return JsonSerializer.Deserialize<TrainingReport>(stream, Json) ?? throw new InvalidDataException("The report is empty.");
        }
        catch (JsonException e)
        {
            throw new InvalidDataException($"The report is broken: {e.Message}", e);
        }
    }

    /// <summary>Draws the ranks: modules from top to bottom, blocks from left to right, as in Figure 2 of the paper.</summary>
    /// <param name="path">The file to write, ending with .png or .svg.</param>
    /// <exception cref="ArgumentException">The ending is another one, or no layer has a rank to draw.</exception>
    public void SaveRankHeatMap(string path)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(path);
        RankHeatMap.Save(Ranks, path);
    }

    /// <summary>Draws how EVA's components became stable, mini-batch by mini-batch, as in Figure 3 of the paper.</summary>
    /// <param name="path">The file to write, ending with .png or .svg.</param>
    /// <exception cref="ArgumentException">The ending is another one, or the run had no warm-up.</exception>
    public void SaveConvergencePlot(string path)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(path);
        if (EvaSimilarities.Count == 0)
            throw new ArgumentException("This run had no warm-up of EVA whose convergence could be drawn.", nameof(path));
        ConvergencePlot.Save(EvaSimilarities, [.. EvaStableLayers.Select(count => (double)count / Ranks.Count)], EvaTau, path);
    }

    /// <summary>
    /// Writes the report as one HTML page that needs nothing else, neither files nor network nor scripts: loss, validation, ranks,
    /// explained variance, confused classes, hard rows, seconds, settings. Whatever comes from the data stands in it as text, never as HTML.
    /// </summary>
    /// <param name="path">The file to write, in UTF-8; one of that name is replaced.</param>
    public void SaveHtml(string path)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(path);
        FinishedFile.Write(path, Encoding.UTF8.GetBytes(ReportPage.Create(this)));
    }

    /// <summary>
    /// Writes the run's numbers as a file of TensorBoard events: loss, learning rate and gradient norm per step, validation loss and
    /// metric per epoch, EVA's warm-up per mini-batch. All events carry the time of writing. To watch a run while it trains, see <see cref="TensorBoardProgress"/>.
    /// </summary>
    /// <param name="folder">The run's folder, made if it is not there; TensorBoard shows the run under the folder's name.</param>
    public void WriteTensorBoard(string folder)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(folder);
        ReportEvents.Write(this, folder);
    }

    /// <summary>The report as a few lines of text.</summary>
    public override string ToString()
    {
        var text = new StringBuilder();
        text.AppendLine(CultureInfo.InvariantCulture, $"{Checkpoint}, {Method}: {TrainableParameters:n0} trained parameters, {Rows:n0} rows{(RowsWithoutLabel > 0 ? $" ({RowsWithoutLabel:n0} without label left out)" : "")}{(RowsUnreadable > 0 ? $" ({RowsUnreadable:n0} unreadable left out)" : "")}");
        if (EvaBatches > 0)
            text.AppendLine(CultureInfo.InvariantCulture, $"EVA: {EvaBatches} mini-batches, {(EvaConverged ? "converged" : "not all components stable")}, {SecondsEva:f1} s; ranks {Ranks.Values.Min()} to {Ranks.Values.Max()}");
        if (Losses.Count > 0)
            text.AppendLine(CultureInfo.InvariantCulture, $"Training: {Losses.Count:n0} steps, loss {Losses[0]:f4} to {Losses[^1]:f4}, {SecondsTrain:f1} s{(IsCancelled ? ", cancelled" : "")}");
        for (var epoch = 0; epoch < ValidationMetrics.Count; epoch++)
            text.AppendLine(CultureInfo.InvariantCulture, $"Epoch {epoch + 1}: validation loss {ValidationLosses[epoch]:f4}, {MetricName ?? "metric"} {ValidationMetrics[epoch]:f4}{string.Concat(FurtherMetrics.Select(metric => string.Create(CultureInfo.InvariantCulture, $", {metric.Key} {metric.Value[epoch]:f4}")))}{(epoch + 1 == BestEpoch ? " (kept)" : "")}");
        return text.ToString();
    }
}
